//! Streams of requests that end before their calls do: neither the calls nor the connections of
//! their callers stay open.

use testkit::TestEnv;
use testkit::sizes::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::gateway_env::{GatewayEnv, LIMIT};

const METRICS_ONLY: [(&str, &str); 2] = [
    ("OTEL_SDK_DISABLED", "false"),
    ("OTEL_TRACES_EXPORTER", "none"),
];

async fn start() -> GatewayEnv {
    let builder = TestEnv::builder().variables(&METRICS_ONLY);
    GatewayEnv::in_front_of(builder.start().await).await
}

/// A call of batchGet with one row, whose body stays open.
async fn begin(gateway: &GatewayEnv, row: &str) -> TcpStream {
    let mut peer = TcpStream::connect(&gateway.address).await.unwrap();
    let text = format!(
        "POST /v1/users:batchGet HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-ndjson\r\n\
         transfer-encoding: chunked\r\n\r\n{:x}\r\n{row}\n\r\n",
        row.len() + 1
    );
    peer.write_all(text.as_bytes()).await.unwrap();
    peer
}

/// Waits until the service has no call open.
async fn assert_cancelled(gateway: &GatewayEnv) {
    let service = &gateway.env.service;
    let none_open = async || {
        let metrics = service.metrics().await;
        metrics.sum("rpc_server_call_active", &["GetUsers"]) == 0.0
    };
    eventually("the service has no open call", LIMIT, none_open).await;
}

#[tokio::test]
async fn calls_whose_caller_leaves_are_cancelled_in_the_service() {
    let gateway = start().await;
    let mut peers = Vec::new();
    for _ in 0..5 {
        let mut peer = begin(&gateway, r#"{"userId":"9"}"#).await;
        let mut received = Vec::new();
        // The response to the row.
        while !received.windows(5).any(|it| it == b"error") {
            let reading = peer.read_buf(&mut received);
            assert!(timeout(LIMIT, reading).await.unwrap().unwrap() > 0);
        }
        peers.push(peer);
    }
    drop(peers);
    assert_cancelled(&gateway).await;
}

#[tokio::test]
async fn a_row_that_is_wrong_ends_the_call_and_the_connection() {
    let gateway = start().await;
    let mut peer = begin(&gateway, r#"{"nickname":"ada"}"#).await;
    let mut received = String::new();
    let reading = peer.read_to_string(&mut received);
    timeout(LIMIT, reading).await.unwrap().unwrap();
    assert!(received.contains("connection: close\r\n"), "{received}");
    assert!(received.contains("'nickname'"), "{received}");
    assert_cancelled(&gateway).await;
}
