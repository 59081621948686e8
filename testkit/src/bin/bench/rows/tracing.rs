//! The guide's own table: what tracing costs a call that the cache answers.

use serde_json::{Value, json};

use super::{ONE_PERCENT, UNTRACED, get};
use crate::contender::{Contender, compare};
use crate::spans;

const CLOSED: [&str; 9] = get("1000", "10", "100");
/// A fraction of what the machine can do, so that latencies are of calls and not of queues.
const OPEN: [&str; 11] = [
    "get",
    "--ids",
    "1000",
    "--duration",
    "3s",
    "--connections",
    "10",
    "--concurrency",
    "1000",
    "--rate",
    "5000",
];

pub(crate) async fn run() -> Vec<Value> {
    let mut contenders = [
        Contender::service("no telemetry", &[UNTRACED]).await,
        Contender::traced("1 % of traces sampled", &ONE_PERCENT).await,
        Contender::traced("100 % sampled and exported", &[]).await,
    ];
    for contender in &contenders {
        contender.onboard(1_000).await;
    }
    println!("GetUser from the cache, 100 calls at a time over 10 connections");
    let mut rows = compare(&mut contenders, &CLOSED).await;
    println!("The same, 5,000 calls a second, timed from when each should begin");
    rows.extend(compare(&mut contenders, &OPEN).await);
    rows.push(losses().await);
    rows
}

/// Counts what becomes of the spans of calls that reach the database.
async fn losses() -> Value {
    let mut service = Contender::traced("100 % sampled, no cache", &[super::NO_CACHE]).await;
    service.onboard(1_000).await;
    let cell = service.load(&CLOSED).await;
    let counts = spans::settled(service.http_port()).await;
    println!(
        "spans of {:.0} calls without a cache: {} ended, {} exported, {} dropped\n",
        cell.calls, counts.ended, counts.exported, counts.dropped
    );
    json!({
        "row": "spans",
        "calls": cell.calls,
        "ended": counts.ended,
        "exported": counts.exported,
        "dropped": counts.dropped,
    })
}
