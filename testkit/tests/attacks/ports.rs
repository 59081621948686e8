//! Every port under one guard: those who hold connections, or floods them, keep no probe
//! from getting in.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use testkit::UserService;
use testkit::wire::{self, DATA, END_HEADERS, END_STREAM, HEADERS, PING, frame};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

const LIMIT: Duration = Duration::from_secs(10);
const HEALTH_ADDR: (&str, &str) = ("HEALTH_ADDR", "127.0.0.1:0");

/// Addresses of this host: those of the attacker, and then that of all probes.
fn addresses(count: u8) -> impl Iterator<Item = IpAddr> {
    (2..2 + count).map(|number| Ipv4Addr::new(127, 0, 0, number).into())
}

/// A call of a method of `grpc.health.v1.Health`, for the server as a whole.
fn health_call(method: &str) -> Vec<u8> {
    let headers = wire::headers_of(&format!("/grpc.health.v1.Health/{method}"));
    [
        wire::opening(),
        frame(HEADERS, END_HEADERS, 1, &headers),
        frame(DATA, END_STREAM, 1, &[0; 5]),
    ]
    .concat()
}

/// Connections from some addresses that stay, so many of each.
async fn hold(url: &str, from: impl Iterator<Item = IpAddr>, sent: &[u8]) -> Vec<TcpStream> {
    let mut held = Vec::new();
    for address in from {
        for _ in 0..40 {
            held.push(wire::connect_from(address, url, sent).await);
        }
    }
    held
}

/// Probes by gRPC, as the kubelet makes them, each with a connection of its own.
async fn assert_probes_get_in(url: &str) {
    for _ in 0..10 {
        let probe = async {
            let endpoint = Endpoint::from_shared(url.to_owned()).unwrap();
            let mut health = HealthClient::new(endpoint.connect().await.unwrap());
            health.check(HealthCheckRequest::default()).await.unwrap()
        };
        // As long as the manifests give the readiness probe.
        let checked = timeout(Duration::from_secs(2), probe).await.unwrap();
        assert_eq!(checked.into_inner().status(), ServingStatus::Serving);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_port_accepts_probes_at_the_connection_limit() {
    let service = UserService::embedded(&[HEALTH_ADDR]).await;
    let url = service.health_url().unwrap();
    for sent in [
        health_call("Check"),
        health_call("Watch"),
        wire::opening(),
        Vec::new(),
    ] {
        let here = [IpAddr::from(Ipv4Addr::LOCALHOST)].into_iter();
        let one = hold(url, here, &sent).await;
        assert_probes_get_in(url).await;
        let many = hold(url, addresses(5), &sent).await;
        assert_probes_get_in(url).await;
        drop((one, many));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_port_accepts_probes_at_the_connection_limit() {
    let service = UserService::embedded(&[]).await;
    let url = service.http_url();
    for sent in [
        &b""[..],
        b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nx-",
    ] {
        let held = hold(url, addresses(5), sent).await;
        let here = [IpAddr::from(Ipv4Addr::LOCALHOST)].into_iter();
        let held_here = hold(url, here, sent).await;
        for _ in 0..10 {
            let (code, _) = timeout(LIMIT, service.get("/livez")).await.unwrap();
            assert_eq!(code, 200);
        }
        drop((held, held_here));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dribbled_http_headers_end_their_connection() {
    let service = UserService::embedded(&[]).await;
    let mut peers = JoinSet::new();
    for begun in [
        &b"GET /livez HTTP/1.1\r\nx-a: "[..],
        // Also after a request that was answered.
        b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\nGET ",
    ] {
        let peer = wire::connect(service.http_url(), begun).await;
        let (mut reads, mut writes) = peer.into_split();
        peers.spawn(async move {
            let dribbling = async {
                while writes.write_all(b"a").await.is_ok() {
                    sleep(Duration::from_millis(100)).await;
                }
            };
            let mut received = Vec::new();
            let reading = tokio::io::AsyncReadExt::read_to_end(&mut reads, &mut received);
            let ended = async { tokio::join!(dribbling, reading) };
            assert!(timeout(LIMIT, ended).await.is_ok(), "not within {LIMIT:?}");
        });
    }
    peers.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http_port_keeps_no_peer_that_floods_it_with_http2() {
    let service = UserService::embedded(&[HEALTH_ADDR]).await;
    let flood = frame(PING, 0, 0, &[0; 8]).repeat(100_000);
    for url in [service.http_url(), service.health_url().unwrap()] {
        let peer = wire::connect(url, &wire::opening()).await;
        let (mut reads, mut writes) = peer.into_split();
        let mut received = Vec::new();
        let reading = tokio::io::AsyncReadExt::read_to_end(&mut reads, &mut received);
        let flooding = writes.write_all(&flood);
        let ended = async { tokio::join!(flooding, reading) };
        let (flooded, _) = timeout(LIMIT, ended).await.unwrap();
        assert!(flooded.is_err() || received.len() < flood.len() / 10);
    }
}
