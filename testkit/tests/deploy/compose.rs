//! compose.yaml: what `docker compose config` doesn't look at.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::support::{compose, path, text};

fn services() -> Map<String, Value> {
    compose()["services"].as_object().unwrap().clone()
}

/// The host's ports, first and last, that a service opens.
fn ports(service: &Value) -> impl Iterator<Item = (&str, u16, u16)> {
    let all = service["ports"].as_array().into_iter().flatten();
    all.map(|port| {
        let [address, host, _] = port.as_str().unwrap().splitn(3, ':').collect::<Vec<_>>()[..]
        else {
            panic!("{port} has no address, or no port of the host");
        };
        let (first, last) = host.split_once('-').unwrap_or((host, host));
        (address, first.parse().unwrap(), last.parse().unwrap())
    })
}

#[test]
fn no_two_replicas_want_the_same_port() {
    let mut taken = BTreeSet::new();
    for (name, service) in services() {
        let replicas = service["deploy"]["replicas"].as_u64().unwrap_or(1);
        for (_, first, last) in ports(&service) {
            assert_eq!(u64::from(last - first) + 1, replicas, "{name}");
            for port in first..=last {
                assert!(taken.insert(port), "{name}: port {port} is taken");
            }
        }
    }
    assert!(taken.contains(&8888) && taken.contains(&16686));
}

#[test]
fn ports_are_open_on_this_machine_only() {
    for (name, service) in services() {
        assert!(
            ports(&service).all(|(address, ..)| address == "127.0.0.1"),
            "{name}"
        );
    }
}

#[test]
fn who_waits_for_health_waits_for_one_that_is_checked() {
    let services = services();
    // The image of user-service brings its own check.
    assert!(text("Dockerfile").contains("CMD [\"/usr/bin/user-service\", \"healthcheck\"]"));
    for (name, service) in &services {
        for (other, wait) in service["depends_on"].as_object().into_iter().flatten() {
            if wait["condition"] == "service_healthy" && other != "user-service" {
                assert!(
                    services[other]["healthcheck"]["test"].is_array(),
                    "{name} waits for {other}"
                );
            }
        }
    }
}

/// Its image runs any command of user-client, and so has no check of its own.
#[test]
fn the_gateway_is_checked() {
    let check = &services()["api-gateway"]["healthcheck"]["test"];
    let command = ["CMD", "/usr/bin/user-client", "gateway", "--healthcheck"];
    assert_eq!(*check, serde_json::json!(command));
}

/// Calls are served without telemetry, so a start is not held up by it either.
#[test]
fn nothing_that_serves_waits_for_what_watches() {
    let services = services();
    let waits: Vec<&String> = services["user-service"]["depends_on"]
        .as_object()
        .unwrap()
        .keys()
        .collect();
    assert_eq!(waits, ["postgres", "redis"]);
    for name in ["collector", "grafana"] {
        for (other, wait) in services[name]["depends_on"].as_object().unwrap() {
            assert_eq!(wait["condition"], "service_started", "{name}: {other}");
        }
    }
}

/// The images declare these, and `docker compose down` would leave a volume without a name for each.
#[test]
fn no_volume_without_a_name_is_left_behind() {
    let services = services();
    for (name, folder) in [
        ("user-service", "/var/lib/user-service"),
        ("redis", "/data"),
    ] {
        assert_eq!(
            services[name]["tmpfs"],
            serde_json::json!([folder]),
            "{name}"
        );
    }
    for (name, folder) in [
        ("postgres", "/var/lib/postgresql"),
        ("prometheus", "/prometheus"),
        ("grafana", "/var/lib/grafana"),
    ] {
        let volumes = services[name]["volumes"].as_array().unwrap();
        let mount = format!("{name}:{folder}");
        assert!(volumes.iter().any(|it| *it == mount), "{name}: {mount}");
    }
}

#[test]
fn programs_on_this_machine_reach_the_collector() {
    let collector = services()["collector"].clone();
    let open: Vec<u16> = ports(&collector).map(|(_, first, _)| first).collect();
    assert_eq!(open, [4317, 4318]);
}

#[test]
fn our_programs_are_locked_in() {
    for name in ["user-service", "workflow", "api-gateway"] {
        let service = &services()[name];
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"], serde_json::json!(["ALL"]), "{name}");
        assert_eq!(
            service["security_opt"],
            serde_json::json!(["no-new-privileges:true"]),
            "{name}"
        );
    }
}

#[test]
fn what_is_mounted_exists() {
    let compose = compose();
    for (name, service) in services() {
        for volume in service["volumes"].as_array().into_iter().flatten() {
            let source = volume.as_str().unwrap().split(':').next().unwrap();
            let exists = match source.strip_prefix("./") {
                Some(folder) => path(folder).exists(),
                None => compose["volumes"].as_object().unwrap().contains_key(source),
            };
            assert!(exists, "{name}: {source}");
        }
    }
}
