//! Every pod is allowed where Pod Security is "restricted", and goes further.

use serde_json::Value;

use crate::support::{Manifest, containers, manifests};

/// Kinds of volumes that the profile allows, of those in use.
const VOLUMES: [&str; 5] = [
    "configMap",
    "secret",
    "emptyDir",
    "projected",
    "persistentVolumeClaim",
];

/// Holds for a pod or a container: a container's own word goes before its pod's.
fn setting<'a>(pod: &'a Value, container: &'a Value, key: &str) -> &'a Value {
    match &container["securityContext"][key] {
        Value::Null => &pod["securityContext"][key],
        own => own,
    }
}

fn violations(pod: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for key in ["hostNetwork", "hostPID", "hostIPC"] {
        if pod[key] == true {
            found.push(format!("{key} is on"));
        }
    }
    for volume in pod["volumes"].as_array().into_iter().flatten() {
        let kind = volume
            .as_object()
            .unwrap()
            .keys()
            .find(|it| *it != "name")
            .unwrap();
        if !VOLUMES.contains(&kind.as_str()) {
            found.push(format!("a volume is of the kind {kind}"));
        }
    }
    for container in containers(pod) {
        let name = container["name"].as_str().unwrap();
        let own = &container["securityContext"];
        let rules = [
            (
                setting(pod, container, "runAsNonRoot") == true,
                "may run as root",
            ),
            (
                setting(pod, container, "runAsUser").as_u64() > Some(0),
                "has no user by number",
            ),
            (
                setting(pod, container, "seccompProfile")["type"] == "RuntimeDefault",
                "has no seccomp profile",
            ),
            (
                own["allowPrivilegeEscalation"] == false,
                "may gain privileges",
            ),
            (own["privileged"].is_null(), "says privileged"),
            (
                own["capabilities"] == serde_json::json!({"drop": ["ALL"]}),
                "keeps capabilities",
            ),
            (
                own["readOnlyRootFilesystem"] == true,
                "can write to its image",
            ),
            (
                container["resources"]["requests"]["cpu"].is_string(),
                "requests no CPU",
            ),
            (
                container["resources"]["limits"]["memory"].is_string(),
                "has no limit on memory",
            ),
            (
                container["ports"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .all(|it| it["hostPort"].is_null()),
                "takes a port of the host",
            ),
        ];
        let broken = rules.iter().filter(|(holds, _)| !holds);
        found.extend(broken.map(|(_, what)| format!("{name} {what}")));
    }
    found
}

#[test]
fn every_pod_is_restricted() {
    for manifest in manifests() {
        let Some(pod) = manifest.pod() else { continue };
        assert_eq!(violations(pod), [""; 0], "{}", manifest.place());
    }
}

#[test]
fn every_namespace_enforces_it() {
    for manifest in manifests().iter().filter(|it| it.kind() == "Namespace") {
        let labels = &manifest.content["metadata"]["labels"];
        assert_eq!(
            labels["pod-security.kubernetes.io/enforce"],
            "restricted",
            "{}",
            manifest.place()
        );
    }
}

#[test]
fn only_those_who_ask_the_api_server_have_a_token_for_it() {
    let with_token = |it: &&Manifest| {
        it.pod()
            .is_some_and(|pod| pod["automountServiceAccountToken"] != false)
    };
    for manifest in manifests().iter().filter(with_token) {
        assert!(
            manifest.name().starts_with("prometheus"),
            "{}",
            manifest.place()
        );
    }
}

#[test]
fn the_rules_find_what_is_wrong() {
    let pod = serde_json::json!({
        "hostNetwork": true,
        "volumes": [{"name": "host", "hostPath": {"path": "/"}}],
        "containers": [{"name": "bare"}],
    });
    assert_eq!(violations(&pod).len(), 10);
}
