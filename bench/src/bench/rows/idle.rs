//! What open calls and connections hold of memory, and whether they give it back.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::sleep;
use tonic::Streaming;
use tonic::transport::Channel;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::ROOM_FOR_THOUSANDS;
use crate::contender::Contender;
use crate::usage;

/// After this, what a call held is given back, if it ever is.
const REST: Duration = Duration::from_secs(30);
/// After this, a connection has been accepted by both sides.
const SETTLED: Duration = Duration::from_secs(1);

pub(crate) async fn run() -> Vec<Value> {
    println!(
        "Connections and calls that stay open: memory while they are, and {} s after",
        REST.as_secs()
    );
    let mut rows = Vec::new();
    for (name, connections, streams) in [
        ("10,000 streams over 100 connections", 100, 100),
        ("2,000 connections with a stream each", 2_000, 1),
        ("2,000 connections without a call", 2_000, 0),
    ] {
        for service in Contender::services(name, &ROOM_FOR_THOUSANDS).await {
            rows.push(hold(service, connections, streams).await);
        }
    }
    println!();
    rows
}

async fn hold(mut service: Contender, connections: usize, streams: usize) -> Value {
    let pid = service.pid();
    let (before, _) = usage::memory(pid);
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(watch(service.url().to_owned(), streams).await);
    }
    sleep(SETTLED).await;
    let (held, _) = usage::memory(pid);
    drop(open);
    sleep(REST).await;
    let (after, _) = usage::memory(pid);
    let each = (held - before) * 1024.0 / (connections * streams.max(1)) as f64;
    let name = &service.name;
    println!("{name:<45} {before:>6.1} → {held:>6.1} → {after:>6.1} MiB  {each:.1} KiB each");
    json!({
        "row": name,
        "before_mib": before,
        "held_mib": held,
        "after_mib": after,
        "kib_each": each,
    })
}

/// A connection with this number of streams that stay open.
async fn watch(url: String, streams: usize) -> (Channel, Vec<Streaming<HealthCheckResponse>>) {
    let endpoint = Channel::from_shared(url).expect("a URL");
    let channel = endpoint.connect().await.expect("a connection");
    let watched = (0..streams).map(|_| async {
        let mut client = HealthClient::new(channel.clone());
        let answer = client.watch(HealthCheckRequest::default()).await;
        let mut stream = answer.expect("health is served").into_inner();
        stream.message().await.expect("a first message");
        stream
    });
    let watched = join_all(watched).await;
    (channel, watched)
}
