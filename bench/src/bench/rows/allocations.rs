//! Allocations of a call, by valgrind, of programs on the allocator of the system.

use serde_json::{Value, json};
use testkit::{Sink, user_client};

use super::{ONE_PERCENT, UNTRACED};
use crate::programs::Programs;
use crate::valgrind::{Counted, Tool};

/// Loads of two lengths: the difference is of calls alone, without start and end.
const DURATIONS: [&str; 2] = ["2s", "8s"];

/// Their number, and their bytes in total.
#[derive(Clone, Copy, Default)]
struct Allocations {
    number: f64,
    bytes: f64,
}

pub(crate) async fn run() -> Vec<Value> {
    println!("Allocations for a GetUser from the cache, by valgrind");
    let sink = Sink::bind(([127, 0, 0, 1], 0).into()).await;
    let sink = sink.expect("a port for the receiver");
    let endpoint = sink.endpoint();
    let to_sink = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint.as_str());
    let one_percent = [&ONE_PERCENT[..], &[to_sink]].concat();
    let tonic = of_a_call(&["baseline", "single"], &[]).await;
    let mut rows = vec![show("tonic, one thread, a constant", tonic)];
    for (name, variables) in [
        ("no telemetry", vec![UNTRACED]),
        ("1 % of traces sampled", one_percent),
        ("100 % sampled and exported", vec![to_sink]),
    ] {
        for programs in Programs::measured() {
            let service = programs.service_on_system_allocator.as_str();
            rows.push(show(
                &programs.row(name),
                of_a_call(&[service], &variables).await,
            ));
        }
    }
    println!();
    rows
}

fn show(name: &str, allocations: Allocations) -> Value {
    let Allocations { number, bytes } = allocations;
    println!("{name:<34} {number:>6.1} allocations/call  {bytes:>8.0} bytes");
    json!({"row": name, "allocations_per_call": number, "bytes_per_call": bytes})
}

async fn of_a_call(program: &[&str], variables: &[(&str, &str)]) -> Allocations {
    let (mut calls, mut counts) = (Vec::new(), Vec::new());
    for duration in DURATIONS {
        let server = Counted::start(Tool::Memcheck, program, variables).await;
        create_user(server.url()).await;
        calls.push(server.load(duration).await);
        counts.push(usage(&server.stop().await));
    }
    per_call(&calls, &counts)
}

/// The baseline has its user already.
async fn create_user(url: &str) {
    let new = ["create", "--name", "Ada", "--email", "ada@example.com"];
    user_client(&new, &[("USER_SERVICE", url)]).await;
}

fn per_call(calls: &[f64], counts: &[Allocations]) -> Allocations {
    let more = calls[1] - calls[0];
    Allocations {
        number: (counts[1].number - counts[0].number) / more,
        bytes: (counts[1].bytes - counts[0].bytes) / more,
    }
}

/// What valgrind says, as in `total heap usage: 1,234 allocs, 1,200 frees, 56,789 bytes allocated`.
fn usage(counts: &str) -> Allocations {
    let mut lines = counts.lines();
    let usage = lines.find_map(|line| line.split_once("total heap usage: "));
    let (_, usage) = usage.expect("a summary of valgrind");
    let mut numbers = usage.split(", ").map(|part| {
        let digits: String = part.chars().filter(char::is_ascii_digit).collect();
        digits.parse::<f64>().expect("a number")
    });
    Allocations {
        number: numbers.next().expect("allocations"),
        bytes: numbers.nth(1).expect("bytes"),
    }
}
