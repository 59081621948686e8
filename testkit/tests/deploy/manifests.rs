//! What keeps a rollout, a drain and the autoscaler from failing callers.

use serde_json::Value;

use crate::support::{Manifest, containers, manifests};

/// The Deployment user-service of each overlay.
fn services(manifests: &[Manifest]) -> impl Iterator<Item = &Manifest> {
    manifests
        .iter()
        .filter(|it| it.kind() == "Deployment" && it.name() == "user-service")
}

fn named<'a>(manifests: &'a [Manifest], overlay: &str, kind: &str, name: &str) -> &'a Manifest {
    let found = manifests.iter().find(|it| {
        it.overlay == overlay
            && it.kind() == kind
            && it.content["metadata"]["name"]
                .as_str()
                .unwrap()
                .starts_with(name)
    });
    found.unwrap_or_else(|| panic!("{overlay} has no {kind} {name}"))
}

fn seconds(text: &Value) -> u64 {
    text.as_str()
        .unwrap()
        .strip_suffix('s')
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn a_rollout_takes_no_pod_away_before_another_is_ready() {
    let manifests = manifests();
    for service in services(&manifests) {
        let rolling = &service.content["spec"]["strategy"]["rollingUpdate"];
        assert_eq!(rolling["maxUnavailable"], 0, "{}", service.place());
        let budget = named(
            &manifests,
            service.overlay,
            "PodDisruptionBudget",
            "user-service",
        );
        assert_eq!(
            budget.content["spec"]["selector"],
            service.content["spec"]["selector"]
        );
    }
}

#[test]
fn pods_are_spread_once_over_zones_and_once_over_nodes() {
    let manifests = manifests();
    for service in services(&manifests) {
        let spread = service.pod().unwrap()["topologySpreadConstraints"].as_array();
        let keys: Vec<&str> = spread
            .unwrap()
            .iter()
            .map(|it| it["topologyKey"].as_str().unwrap())
            .collect();
        let expected = ["topology.kubernetes.io/zone", "kubernetes.io/hostname"];
        assert_eq!(keys, expected, "{}", service.place());
    }
}

#[test]
fn a_pod_has_time_to_drain_before_it_is_killed() {
    let manifests = manifests();
    for service in services(&manifests) {
        let pod = service.pod().unwrap();
        let pre_stop = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
            .as_u64()
            .unwrap();
        let config = named(&manifests, service.overlay, "ConfigMap", "user-service");
        let grace = seconds(&config.content["data"]["SHUTDOWN_GRACE"]);
        // The last export of telemetry takes 3 seconds at most.
        let needed = pre_stop + grace + 3;
        assert!(
            pod["terminationGracePeriodSeconds"].as_u64() > Some(needed),
            "{}",
            service.place()
        );
    }
}

#[test]
fn production_overlay_requires_a_token() {
    let manifests = manifests();
    for service in services(&manifests).filter(|it| it.overlay == "production") {
        let config = named(&manifests, "production", "ConfigMap", "user-service");
        let settings = &config.content["data"];
        for name in [
            "AUTH_ISSUER",
            "AUTH_AUDIENCE",
            "CALLER_RATE_LIMIT",
            "CALLER_MAX_CONCURRENT",
            "CALLER_MAX_STREAMS",
        ] {
            assert!(settings[name].is_string(), "{name}");
        }
        let keys = settings["AUTH_JWKS_FILE"].as_str().unwrap();
        let container = &service.pod().unwrap()["containers"][0];
        let mounts = container["volumeMounts"].as_array().unwrap();
        let holds = |it: &&Value| keys.starts_with(it["mountPath"].as_str().unwrap());
        let mount = mounts.iter().find(holds).unwrap();
        let volumes = service.pod().unwrap()["volumes"].as_array().unwrap();
        let volume = volumes.iter().find(|it| it["name"] == mount["name"]);
        assert_eq!(volume.unwrap()["configMap"]["name"], "user-service-keys");
    }
}

#[test]
fn probes_ask_for_the_process_or_for_what_it_can_do() {
    let manifests = manifests();
    for service in services(&manifests) {
        let container = &service.pod().unwrap()["containers"][0];
        let asked = |probe: &str| container[probe]["grpc"]["service"].clone();
        assert_eq!(asked("startupProbe"), "liveness");
        assert_eq!(asked("livenessProbe"), "liveness");
        assert_eq!(asked("readinessProbe"), "user.v1.UserService");
        // Where no certificate is asked for.
        let ports = container["ports"].as_array().unwrap();
        let health = ports.iter().find(|it| it["name"] == "health").unwrap();
        for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
            assert_eq!(container[probe]["grpc"]["port"], health["containerPort"]);
        }
        let config = named(&manifests, service.overlay, "ConfigMap", "user-service");
        let address = config.content["data"]["HEALTH_ADDR"].as_str().unwrap();
        assert_eq!(address, format!("0.0.0.0:{}", health["containerPort"]));
    }
}

#[test]
fn replicas_are_the_autoscalers_alone_and_its_metric_exists() {
    let manifests = manifests();
    for service in services(&manifests) {
        assert!(
            service.content["spec"]["replicas"].is_null(),
            "{}",
            service.place()
        );
        let scaler = named(
            &manifests,
            service.overlay,
            "HorizontalPodAutoscaler",
            "user-service",
        );
        let metrics = scaler.content["spec"]["metrics"].as_array().unwrap();
        let name = |it: &Value| {
            it["resource"]["name"]
                .as_str()
                .or(it["pods"]["metric"]["name"].as_str())
                .map(str::to_owned)
        };
        let names: Vec<String> = metrics.iter().filter_map(name).collect();
        assert_eq!(names, ["cpu", "memory", "rpc_requests_per_second"]);
    }
    let rules = crate::support::yaml("deploy/kubernetes/custom-metrics/rules.yaml");
    assert_eq!(rules["rules"][0]["name"]["as"], "rpc_requests_per_second");
}

/// Those that the documents name; a connection that no policy allows just never opens.
#[test]
fn the_service_may_connect_to_every_store_registry_and_collector() {
    let manifests = manifests();
    for service in services(&manifests) {
        let policy = named(&manifests, service.overlay, "NetworkPolicy", "user-service");
        let egress = policy.content["spec"]["egress"].as_array().unwrap();
        let ports = egress
            .iter()
            .flat_map(|it| it["ports"].as_array().into_iter().flatten());
        let allowed: Vec<u64> = ports.filter_map(|it| it["port"].as_u64()).collect();
        for port in [5432, 6432, 6379, 26379, 4317, 4318, 2379, 8848] {
            assert!(allowed.contains(&port), "{}: {port}", policy.place());
        }
    }
}

#[test]
fn every_selector_finds_the_pods_of_its_overlay() {
    let manifests = manifests();
    for service in manifests.iter().filter(|it| it.kind() == "Service") {
        let selector = service.content["spec"]["selector"].as_object().unwrap();
        let matches = |it: &&Manifest| {
            let labels = &it.content["spec"]["template"]["metadata"]["labels"];
            it.overlay == service.overlay
                && selector.iter().all(|(key, value)| &labels[key] == value)
        };
        let pods: Vec<&Manifest> = manifests.iter().filter(matches).collect();
        let [pods] = pods[..] else {
            panic!("{} has {} workloads", service.place(), pods.len());
        };
        for port in service.content["spec"]["ports"].as_array().unwrap() {
            let named = |it: &Value| it["name"] == port["targetPort"];
            let found = containers(pods.pod().unwrap()).any(|it| {
                it["ports"]
                    .as_array()
                    .is_some_and(|it| it.iter().any(named))
            });
            assert!(found, "{}: no port {}", service.place(), port["targetPort"]);
        }
    }
}
