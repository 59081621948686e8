//! Deadlines, callers that leave, and a gateway that stops.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use testkit::{TableLock, TestEnv, Trace, text};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::gateway_env::{GatewayEnv, Response};

async fn uncached() -> GatewayEnv {
    let builder = TestEnv::builder().postgres().collector();
    let env = builder.variables(&[("CACHE_TTL", "0s"), ("UNARY_TIMEOUT", "30s")]);
    GatewayEnv::in_front_of(env.start().await).await
}

#[tokio::test]
async fn a_caller_says_its_deadline() {
    let gateway = uncached().await;
    let _lock = TableLock::on_users(gateway.env.database()).await;
    for header in ["grpc-timeout: 300m", "x-request-timeout: 0.3"] {
        let started = Instant::now();
        let response = gateway.request("GET", "/v1/users/1", &[header], "").await;
        assert_eq!(response.status, 504, "{response:?}");
        assert_eq!(response.json()["error"]["status"], "DEADLINE_EXCEEDED");
        let took = started.elapsed();
        assert!(
            took >= Duration::from_millis(300) && took < Duration::from_secs(5),
            "{took:?}"
        );
    }
}

#[tokio::test]
async fn a_caller_that_leaves_cancels_the_call_down_to_the_statement() {
    let gateway = uncached().await;
    let mut lock = TableLock::on_users(gateway.env.database()).await;
    let mut peer = TcpStream::connect(&gateway.address).await.unwrap();
    let request = b"GET /v1/users/1 HTTP/1.1\r\nhost: a\r\n\r\n";
    peer.write_all(request).await.unwrap();
    lock.wait_for_a_statement().await;
    drop(peer);
    // With the lock held, only the cancellation ends the call.
    let sink = gateway.stop().await.stop().await;
    let traces = Trace::all(&sink.spans());
    let is_of_http = |trace: &&Trace| trace.spans()[0].scope.name == "telemetry.http";
    let trace = traces.iter().find(is_of_http).unwrap();
    let server = trace.span("GET /v1/users/{user_id}");
    assert!(
        !server
            .span
            .attributes
            .iter()
            .any(|it| it.key == "http.response.status_code")
    );
    let spans = trace.spans().iter();
    let calls = spans.filter(|it| it.span.name.ends_with("/GetUser"));
    let codes: Vec<_> = calls
        .map(|it| text(it, "rpc.response.status_code"))
        .collect();
    assert_eq!(codes, [Some("CANCELLED"); 2]);
    drop(lock);
}

#[tokio::test]
async fn requests_in_flight_finish_when_the_gateway_stops() {
    let mut gateway = uncached().await;
    let mut lock = TableLock::on_users(gateway.env.database()).await;
    let address = gateway.address.clone();
    let asking = tokio::spawn(async move {
        let mut peer = TcpStream::connect(&address).await.unwrap();
        let request = b"GET /v1/users/1 HTTP/1.1\r\nhost: a\r\n\r\n";
        peer.write_all(request).await.unwrap();
        let mut received = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut peer, &mut received)
            .await
            .unwrap();
        received
    });
    lock.wait_for_a_statement().await;
    gateway.process.signal(Signal::TERM);
    let stopping = |line: &str| line.contains("stopping");
    gateway
        .process
        .wait_for_line(stopping, Duration::from_secs(30))
        .await;
    drop(lock);
    let response = Response::of(&asking.await.unwrap());
    assert_eq!(response.status, 404, "{response:?}");
    let status = gateway.process.wait(Duration::from_secs(30)).await;
    assert!(status.success(), "{status}");
}
