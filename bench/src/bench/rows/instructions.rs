//! Instructions for a call, by callgrind: nearly the same in every run, whatever
//! else the machine does. They leave out what the system does.

use serde_json::{Value, json};
use testkit::{Sink, user_client};

use super::{ONE_PERCENT, UNSAMPLED, UNTRACED};
use crate::programs::Programs;
use crate::valgrind::{Counted, Tool};

/// Loads of two lengths: the difference is of calls alone, without start and end.
const DURATIONS: [&str; 2] = ["2s", "8s"];

pub(crate) async fn run() -> Vec<Value> {
    println!("Instructions for a GetUser from the cache, by callgrind");
    let sink = Sink::bind(([127, 0, 0, 1], 0).into()).await;
    let sink = sink.expect("a port for the receiver");
    let endpoint = sink.endpoint();
    let to_sink = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint.as_str());
    let one_percent = [&ONE_PERCENT[..], &[to_sink]].concat();
    let tonic = of_a_call(&["baseline", "single"], &[]).await;
    let mut rows = vec![row("tonic, one thread, a constant", tonic)];
    for (name, variables) in [
        ("no telemetry", vec![UNTRACED]),
        ("metrics, no trace sampled", vec![UNSAMPLED, to_sink]),
        ("1 % of traces sampled", one_percent),
        ("100 % sampled and exported", vec![to_sink]),
    ] {
        for programs in Programs::measured() {
            let instructions = of_a_call(&[&programs.service], &variables).await;
            rows.push(row(&programs.row(name), instructions));
        }
    }
    println!();
    rows
}

fn row(name: &str, instructions: f64) -> Value {
    println!("{name:<34} {instructions:>8.0} instructions/call");
    json!({"row": name, "instructions_per_call": instructions})
}

async fn of_a_call(program: &[&str], variables: &[(&str, &str)]) -> f64 {
    let (mut calls, mut instructions) = (Vec::new(), Vec::new());
    for duration in DURATIONS {
        let server = Counted::start(Tool::Callgrind, program, variables).await;
        let new = ["create", "--name", "Ada", "--email", "ada@example.com"];
        // The baseline has its user already.
        user_client(&new, &[("USER_SERVICE", server.url())]).await;
        calls.push(server.load(duration).await);
        instructions.push(total(&server.stop().await));
    }
    (instructions[1] - instructions[0]) / (calls[1] - calls[0])
}

fn total(counts: &str) -> f64 {
    let mut lines = counts.lines();
    let total = lines.find_map(|line| line.strip_prefix("totals: "));
    total
        .and_then(|total| total.trim().parse().ok())
        .expect("a total")
}
