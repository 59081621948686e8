//! What comes with grpc-server: probes, deadlines, quotas, drain and TLS.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use orders::v1::orders_client::OrdersClient;
use orders::v1::{GetOrderRequest, WatchOrdersRequest};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};
use tonic::{Code, Request};

use crate::server::{Server, receiver};

/// Nothing changes while a test runs.
const AT_REST: (&str, &str) = ("ORDERS_PAUSE_MS", "3600000");

fn page(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: orders\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_and_metrics_are_served() {
    let server = Server::start(&receiver().await, &[AT_REST]);
    server
        .client()
        .get_order(GetOrderRequest { id: 1 })
        .await
        .unwrap();
    assert!(page(server.http, "/livez").starts_with("HTTP/1.1 200"));
    assert!(page(server.http, "/readyz").starts_with("HTTP/1.1 200"));
    let metrics = page(server.http, "/metrics");
    assert!(
        metrics.contains("rpc_method=\"orders.v1.Orders/GetOrder\""),
        "{metrics}"
    );
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_at_its_deadline() {
    let server = Server::start(&receiver().await, &[AT_REST]);
    let mut request = Request::new(WatchOrdersRequest { id: 1 });
    request.set_timeout(Duration::from_millis(200));
    let mut changes = server
        .client()
        .watch_orders(request)
        .await
        .unwrap()
        .into_inner();
    assert!(changes.message().await.unwrap().is_some());
    let end = changes.message().await.unwrap_err();
    assert_eq!(end.code(), Code::DeadlineExceeded);
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_over_its_quota_is_refused() {
    let variables = [AT_REST, ("CALLER_MAX_STREAMS", "1")];
    let server = Server::start(&receiver().await, &variables);
    let mut client = server.client();
    let request = WatchOrdersRequest { id: 1 };
    let mut first = client.watch_orders(request).await.unwrap().into_inner();
    assert!(first.message().await.unwrap().is_some());
    let refused = client.watch_orders(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    drop(first);
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_streams_after_the_grace_period() {
    let variables = [AT_REST, ("SHUTDOWN_GRACE", "100ms")];
    let mut server = Server::start(&receiver().await, &variables);
    let request = WatchOrdersRequest { id: 1 };
    let mut changes = server
        .client()
        .watch_orders(request)
        .await
        .unwrap()
        .into_inner();
    assert!(changes.message().await.unwrap().is_some());
    server.terminate();
    let end = changes.message().await.unwrap_err();
    assert_eq!(end.code(), Code::Unavailable);
    assert!(server.wait().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_two_variables() {
    let files = tempfile::tempdir().unwrap();
    let (certificate, key) = (files.path().join("cert.pem"), files.path().join("key.pem"));
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&certificate, signed.cert.pem()).unwrap();
    std::fs::write(&key, signed.signing_key.serialize_pem()).unwrap();
    let variables = [
        AT_REST,
        ("TLS_CERT_FILE", certificate.to_str().unwrap()),
        ("TLS_KEY_FILE", key.to_str().unwrap()),
    ];
    let server = Server::start(&receiver().await, &variables);

    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(signed.cert.pem()))
        .domain_name("localhost");
    let endpoint = Endpoint::from_shared(format!("https://{}", server.grpc)).unwrap();
    let channel = endpoint.tls_config(tls).unwrap().connect_lazy();
    let mut client = OrdersClient::new(channel);
    let order = client.get_order(GetOrderRequest { id: 3 }).await.unwrap();
    assert_eq!(order.into_inner().item, "sugar");
    server.stop();
}
