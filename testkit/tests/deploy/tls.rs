//! In production every client needs a certificate, and every file that a program
//! is told to read is there.

use serde_json::Value;

use crate::support::{Manifest, manifests};

fn production<'a>(manifests: &'a [Manifest], kind: &str, name: &str) -> Option<&'a Manifest> {
    manifests
        .iter()
        .find(|it| it.overlay == "production" && it.kind() == kind && it.name().starts_with(name))
}

/// The files that the Secrets of `pod` make in its first container.
fn files(pod: &Value, keys: &[&str]) -> Vec<String> {
    let volumes = pod["volumes"].as_array().unwrap();
    let is_of_tls = |name: &Value| {
        let volume = volumes.iter().find(|it| it["name"] == *name).unwrap();
        let secret = volume["secret"]["secretName"].as_str();
        secret.is_some_and(|secret| secret.ends_with("-tls"))
    };
    let mounts = pod["containers"][0]["volumeMounts"].as_array().unwrap();
    let of_tls = mounts.iter().filter(|it| is_of_tls(&it["name"]));
    of_tls
        .flat_map(|it| {
            assert_eq!(it["readOnly"], true);
            let folder = it["mountPath"].as_str().unwrap();
            keys.iter().map(move |key| format!("{folder}/{key}"))
        })
        .collect()
}

#[test]
fn production_requires_client_certificates_with_listed_names() {
    let manifests = manifests();
    let Some(service) = production(&manifests, "Deployment", "user-service") else {
        return;
    };
    let config = production(&manifests, "ConfigMap", "user-service").unwrap();
    let settings = &config.content["data"];
    let files = files(service.pod().unwrap(), &["tls.crt", "tls.key", "ca.crt"]);
    assert_eq!(
        ["TLS_CERT_FILE", "TLS_KEY_FILE", "TLS_CLIENT_CA_FILE"]
            .map(|name| settings[name].as_str().unwrap().to_owned())
            .to_vec(),
        files
    );
    let names = settings["TLS_CLIENT_IDENTITIES"].as_str().unwrap();
    assert!(names.contains("://"), "{names}");
}

#[test]
fn the_workflow_calls_with_a_certificate() {
    let manifests = manifests();
    let Some(workflow) = production(&manifests, "CronJob", "workflow") else {
        return;
    };
    let pod = workflow.pod().unwrap();
    let variables = pod["containers"][0]["env"].as_array().unwrap();
    let value = |name: &str| {
        let variable = variables.iter().find(|it| it["name"] == name).unwrap();
        variable["value"].as_str().unwrap().to_owned()
    };
    assert!(value("USER_SERVICE").starts_with("https://user-service:"));
    assert_eq!(
        ["USER_SERVICE_CERT", "USER_SERVICE_KEY", "USER_SERVICE_CA"]
            .map(value)
            .to_vec(),
        files(pod, &["tls.crt", "tls.key", "ca.crt"])
    );
}
