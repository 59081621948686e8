//! What tracing costs a call that the cache serves, by how much of it is sampled.

use serde_json::{Value, json};

use super::{ONE_PERCENT, UNSAMPLED, UNTRACED, get, rates};
use crate::contender::{Contender, compare};
use crate::spans;

const CLOSED: [&str; 9] = get("1000", "10", "100");

pub(crate) async fn run() -> Vec<Value> {
    let mut contenders = [
        Contender::service("no telemetry", &[UNTRACED]).await,
        Contender::traced("metrics, no trace sampled", &[UNSAMPLED]).await,
        Contender::traced("1 % of traces sampled", &ONE_PERCENT).await,
        Contender::traced("100 % sampled and exported", &[]).await,
    ];
    for contender in &contenders {
        contender.onboard(1_000).await;
    }
    println!("GetUser from the cache, 100 calls at a time over 10 connections");
    let mut rows = compare(&mut contenders, &CLOSED).await;
    rows.extend(rates::compare(&mut contenders).await);
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
