//! Variables that are set to nothing, as compose files and CI pipelines pass them.

use testkit::{UserService, run, user_client};

const DOCUMENT: &str = include_str!("../../../docs/configuration.md");

/// Where a test must not use the default.
const ADDRESSES: [&str; 2] = ["LISTEN_ADDR", "HTTP_ADDR"];
/// Those that switch a protection on.
const PROTECTIONS: [&str; 18] = [
    "AUTH_JWKS_FILE",
    "AUTH_ISSUER",
    "AUTH_AUDIENCE",
    "AUTH_ROLES_CLAIM",
    "TLS_CERT_FILE",
    "TLS_KEY_FILE",
    "TLS_CLIENT_CA_FILE",
    "TLS_CLIENT_IDENTITIES",
    "USER_SERVICE_CA",
    "USER_SERVICE_CERT",
    "USER_SERVICE_KEY",
    "USER_SERVICE_TLS_NAME",
    "ETCD_CA_FILE",
    "ETCD_CERT_FILE",
    "ETCD_KEY_FILE",
    "NACOS_CA_FILE",
    "NACOS_CERT_FILE",
    "NACOS_KEY_FILE",
];

/// The variables in the document's tables under `heading` and of telemetry.
fn variables(heading: &str) -> Vec<&'static str> {
    let sections = DOCUMENT.split("\n## ");
    let sections = sections.filter(|it| it.starts_with(heading) || it.starts_with("Telemetry"));
    let rows = sections.flat_map(|it| it.lines().filter_map(|line| line.strip_prefix("| `")));
    rows.filter_map(|row| row.split('`').next()).collect()
}

fn empty(heading: &str) -> Vec<(&'static str, &'static str)> {
    let names = variables(heading).into_iter();
    let names = names.filter(|it| !PROTECTIONS.contains(it) && !ADDRESSES.contains(it));
    names.map(|name| (name, "")).collect()
}

#[tokio::test]
async fn a_variable_that_is_empty_counts_as_unset_in_both_programs() {
    let of_service = empty("user-service");
    assert!(of_service.len() > 30, "{of_service:?}");
    let log = [("LOG_FORMAT", "json"), ("OTEL_SDK_DISABLED", "true")];
    let service = UserService::start(&[&of_service, &log[..]].concat()).await;
    let arguments = ["--server", service.grpc_url(), "get", "1"];
    let output = user_client(&arguments, &empty("user-client")).await;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(service.stop().await.success());
}

#[tokio::test]
async fn an_empty_address_is_no_wrong_usage() {
    for variable in ["LISTEN_ADDR", "HEALTH_ADDR"] {
        let output = run("user-service", &["healthcheck"], &[(variable, "")]).await;
        // Whatever runs at the default address of this machine.
        assert_ne!(output.status.code(), Some(2), "{variable}: {output:?}");
    }
}

#[tokio::test]
async fn a_protection_that_is_set_to_nothing_is_refused_by_the_name_of_its_variable() {
    for variable in PROTECTIONS {
        let output = match variable.starts_with("USER_SERVICE_") {
            true => run("user-client", &["get", "1"], &[(variable, "")]).await,
            false => run("user-service", &["migrate"], &[(variable, "")]).await,
        };
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let refusal = format!("error: {variable} is set, but empty: ");
        assert!(output.stderr.starts_with(&refusal), "{output:?}");
        assert!(output.files.is_empty(), "{output:?}");
    }
}

#[tokio::test]
async fn a_flag_overrides_a_protection_that_is_set_to_nothing() {
    let flag = ["--tls-cert-file", "none.pem", "migrate"];
    let output = run("user-service", &flag, &[("TLS_CERT_FILE", "")]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
