//! Peers that speak HTTP/2 and not gRPC, as a proxy without its service does.

use std::fs;

use tempfile::TempDir;
use testkit::{Nginx, Output, user_client};

/// Each HTTP status, the code of gRPC that it stands for, and the exit code.
const STATUSES: [(u16, &str, i32); 8] = [
    (200, "UNKNOWN", 1),
    (400, "INTERNAL", 1),
    (401, "UNAUTHENTICATED", 1),
    (403, "PERMISSION_DENIED", 1),
    (404, "UNIMPLEMENTED", 1),
    (429, "UNAVAILABLE", 6),
    (502, "UNAVAILABLE", 6),
    (503, "UNAVAILABLE", 6),
];

async fn call(peer: &Nginx, arguments: &[&str]) -> Output {
    user_client(arguments, &[("USER_SERVICE", &peer.url())]).await
}

/// Whether `output` says once that the peer does not speak gRPC, with `code`.
fn assert_told(output: &Output, peer: &Nginx, code: &str, exit: i32) {
    assert_eq!(output.status.code(), Some(exit), "{output:?}");
    let said = format!("the server at {} does not speak gRPC", peer.url());
    assert_eq!(output.stderr.matches(&said).count(), 1, "{output:?}");
    assert!(
        output.stderr.contains(&format!("({code}, trace ")),
        "{output:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_http_status_is_told_as_its_code_of_grpc() {
    for (status, code, exit) in STATUSES {
        let peer = Nginx::returning(status).await;
        let output = call(&peer, &["get", "1"]).await;
        assert_told(&output, &peer, code, exit);
        assert!(
            output.stderr.contains(&format!("HTTP status {status}")),
            "{output:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_tell_it_too() {
    let peer = Nginx::returning(503).await;
    for arguments in [&["list"][..], &["lookup", "1", "2"]] {
        assert_told(&call(&peer, arguments).await, &peer, "UNAVAILABLE", 6);
    }
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("users.csv");
    fs::write(&file, "name,email\nAda Lovelace,ada@example.com\n").unwrap();
    let imported = call(&peer, &["import", file.to_str().unwrap()]).await;
    assert_told(&imported, &peer, "UNAVAILABLE", 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoint_that_is_not_a_collector_is_reported() {
    let peer = Nginx::returning(503).await;
    let variables = [
        ("USER_SERVICE", &*peer.url()),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &peer.url()),
    ];
    let output = user_client(&["get", "1"], &variables).await;
    let said = "Unavailable: HTTP status 503 Service Unavailable, content type text/html";
    assert!(output.stderr.contains("cannot export spans"), "{output:?}");
    assert!(output.stderr.contains(said), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_etcd_that_is_none_is_told_as_well() {
    let peer = Nginx::returning(503).await;
    let server = format!("{}/user-service", peer.url().replace("http://", "etcd://"));
    let output = user_client(&["get", "1"], &[("USER_SERVICE", &server)]).await;
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    for said in ["does not speak gRPC", "HTTP status 503"] {
        assert!(output.stderr.contains(said), "{output:?}");
    }
}
