//! The gateway as it is deployed.

use serde_json::Value;

use crate::support::{Manifest, manifests, yaml};

const NAME: &str = "api-gateway";

fn all<'a>(manifests: &'a [Manifest], kind: &'a str) -> impl Iterator<Item = &'a Manifest> {
    let wanted = move |it: &&Manifest| it.kind() == kind && it.name() == NAME;
    manifests.iter().filter(wanted)
}

fn container(manifest: &Manifest) -> &Value {
    &manifest.pod().unwrap()["containers"][0]
}

fn variable<'a>(manifest: &'a Manifest, name: &str) -> &'a Value {
    let variables = container(manifest)["env"].as_array().unwrap();
    let mut found = variables.iter().filter(|it| it["name"] == name);
    found.next().map_or(&Value::Null, |it| &it["value"])
}

#[test]
fn the_gateway_drains_and_may_call_the_service() {
    let manifests = manifests();
    for gateway in all(&manifests, "Deployment") {
        let content = &gateway.content["spec"];
        assert_eq!(content["strategy"]["rollingUpdate"]["maxUnavailable"], 0);
        assert_eq!(
            content["template"]["metadata"]["labels"]["users/client"],
            "true"
        );
        assert!(content["replicas"].is_null());
        let pre_stop = &container(gateway)["lifecycle"]["preStop"]["sleep"]["seconds"];
        let grace = variable(gateway, "SHUTDOWN_GRACE").as_str().unwrap();
        let grace: u64 = grace.trim_end_matches('s').parse().unwrap();
        // The last export of telemetry takes 4 seconds at most.
        let needed = pre_stop.as_u64().unwrap() + grace + 4;
        let given = gateway.pod().unwrap()["terminationGracePeriodSeconds"].as_u64();
        assert!(given > Some(needed), "{}", gateway.place());
        let target = variable(gateway, "USER_SERVICE").as_str().unwrap();
        assert!(
            target.ends_with("///user-service-headless:8888"),
            "{target}"
        );
    }
    for budget in all(&manifests, "PodDisruptionBudget") {
        let selector = &budget.content["spec"]["selector"]["matchLabels"];
        assert_eq!(selector["app.kubernetes.io/name"], NAME);
    }
}

#[test]
fn the_metric_of_its_autoscaler_is_made_by_a_rule() {
    let rules = yaml("deploy/kubernetes/custom-metrics/rules.yaml");
    let rules = rules["rules"].as_array().unwrap();
    let made: Vec<_> = rules
        .iter()
        .map(|rule| rule["name"]["as"].clone())
        .collect();
    let manifests = manifests();
    for scaler in all(&manifests, "HorizontalPodAutoscaler") {
        let metrics = scaler.content["spec"]["metrics"].as_array().unwrap();
        let mut names = metrics.iter().map(|it| &it["pods"]["metric"]["name"]);
        let name = names.find(|name| name.is_string()).unwrap();
        assert!(made.contains(name), "{name} of {made:?}");
    }
}

#[test]
fn production_reaches_it_over_tls_and_it_the_service_by_mutual_tls() {
    let manifests = manifests();
    let production: Vec<_> = manifests
        .iter()
        .filter(|it| it.overlay == "production")
        .collect();
    let of_kind = |kind: &str| {
        let mut found = production
            .iter()
            .filter(|it| it.kind() == kind && it.name() == NAME);
        found.next()
    };
    let (Some(ingress), Some(gateway)) = (of_kind("Ingress"), of_kind("Deployment")) else {
        assert!(production.is_empty());
        return;
    };
    let tls = &ingress.content["spec"]["tls"][0]["hosts"][0];
    assert_eq!(*tls, ingress.content["spec"]["rules"][0]["host"]);
    let folder = container(gateway)["volumeMounts"][0]["mountPath"]
        .as_str()
        .unwrap();
    for (name, file) in [
        ("USER_SERVICE_CA", "ca.crt"),
        ("USER_SERVICE_CERT", "tls.crt"),
        ("USER_SERVICE_KEY", "tls.key"),
    ] {
        assert_eq!(*variable(gateway, name), format!("{folder}/{file}"));
    }
    assert_eq!(*variable(gateway, "TRUST_INCOMING_TRACE"), "never");
    let account = &gateway.pod().unwrap()["serviceAccountName"];
    let config = production.iter().find(|it| {
        it.kind() == "ConfigMap"
            && it.name().starts_with("user-service")
            && it.content["data"]["TLS_CLIENT_IDENTITIES"].is_string()
    });
    let identities = config.unwrap().content["data"]["TLS_CLIENT_IDENTITIES"]
        .as_str()
        .unwrap();
    let identity = format!("/sa/{}", account.as_str().unwrap());
    assert!(
        identities.split(',').any(|it| it.ends_with(&identity)),
        "{identities}"
    );
}
