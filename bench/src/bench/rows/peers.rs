//! What tracing costs elsewhere: grpc-go with otelgrpc and Kitex with obs-opentelemetry, each with
//! the batches that the SDK of Go makes by itself, and user-service.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::Process;

use super::{ONE_PERCENT, UNTRACED, get};
use crate::contender::{Contender, compare_in_groups};
use crate::peers;

const LOAD: [&str; 9] = get("1000", "10", "100");
/// The programs, and how each is called plain, at 1 % and at 100 %.
const PEERS: [(&str, [&str; 3]); 2] = [
    (
        "grpc-go",
        [
            "grpc-go, a constant",
            "grpc-go + otelgrpc, 1 %",
            "grpc-go + otelgrpc, 100 %",
        ],
    ),
    (
        "kitex",
        [
            "Kitex, a constant",
            "Kitex + obs-opentelemetry, 1 %",
            "Kitex + obs-opentelemetry, 100 %",
        ],
    ),
];
/// The share of calls of which a span is due, of each of the three that make a group.
const SHARES: [f64; 3] = [0.0, 0.01, 1.0];
/// How long a last batch may take; by themselves they wait for five seconds.
const LIMIT: Duration = Duration::from_secs(8);

pub(crate) async fn run() -> Vec<Value> {
    let mut contenders = service().await;
    for (program, names) in PEERS {
        if peers::built(program) {
            contenders.extend(group(program, names).await);
        }
    }
    println!("GetUser, 100 calls at a time over 10 connections, each beside itself untraced");
    let mut rows = compare_in_groups(&mut contenders, SHARES.len(), &LOAD).await;
    for (contender, share) in contenders.iter_mut().zip(SHARES.iter().cycle()) {
        if *share > 0.0 {
            rows.push(losses(contender, *share).await);
        }
    }
    println!();
    rows
}

async fn service() -> Vec<Contender> {
    let contenders = vec![
        Contender::service("user-service, from the cache", &[UNTRACED]).await,
        Contender::traced("user-service, 1 %", &ONE_PERCENT).await,
        Contender::traced("user-service, 100 %", &[]).await,
    ];
    for contender in &contenders {
        contender.onboard(1_000).await;
    }
    contenders
}

async fn group(program: &str, names: [&'static str; 3]) -> [Contender; 3] {
    let [plain, one, all] = names;
    [
        Contender::peer(plain, Process::start(program, &[], &[])).await,
        Contender::traced_peer(one, program, &[], &ONE_PERCENT).await,
        Contender::traced_peer(all, program, &[], &[]).await,
    ]
}

/// Counts the spans that come of a load, of those that are due for `share` of its calls.
async fn losses(contender: &mut Contender, share: f64) -> Value {
    let cell = contender.load(&LOAD).await;
    let calls = cell.calls + cell.failures;
    let due = (calls * share).round();
    let came = contender.spans(calls as usize, LIMIT).await;
    let name = &contender.name;
    println!("{name:<34} {came} spans came, {due} were due, of {calls} calls");
    json!({"row": name, "calls": calls, "spans_due": due, "spans_received": came})
}
