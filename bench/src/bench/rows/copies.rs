//! What a call copies, by valgrind's DHAT: what is moved from place to place, most of it as
//! requests, responses and frames pass from one function to the next. The same in every run.

use serde_json::{Value, json};
use testkit::{Sink, user_client};

use super::UNTRACED;
use crate::programs::Programs;
use crate::valgrind::{Counted, Tool};

/// Loads of two lengths: the difference is of calls alone, without start and end.
const DURATIONS: [&str; 2] = ["2s", "8s"];

/// Their number, and their bytes in total.
#[derive(Clone, Copy, Default)]
struct Copies {
    number: f64,
    bytes: f64,
}

pub(crate) async fn run() -> Vec<Value> {
    println!("Copies for a GetUser from the cache, by valgrind");
    let sink = Sink::bind(([127, 0, 0, 1], 0).into()).await;
    let sink = sink.expect("a port for the receiver");
    let endpoint = sink.endpoint();
    let to_sink = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint.as_str());
    let tonic = of_a_call(&["baseline", "single"], &[]).await;
    let mut rows = vec![row("tonic, one thread, a constant", tonic)];
    for (name, variables) in [
        ("no telemetry", vec![UNTRACED]),
        ("100 % sampled and exported", vec![to_sink]),
    ] {
        for programs in Programs::measured() {
            let copies = of_a_call(&[&programs.service], &variables).await;
            rows.push(row(&programs.row(name), copies));
        }
    }
    println!();
    rows
}

fn row(name: &str, copies: Copies) -> Value {
    let Copies { number, bytes } = copies;
    println!("{name:<34} {number:>6.1} copies/call  {bytes:>8.0} bytes");
    json!({"row": name, "copies_per_call": number, "bytes_copied_per_call": bytes})
}

async fn of_a_call(program: &[&str], variables: &[(&str, &str)]) -> Copies {
    let (mut calls, mut copies) = (Vec::new(), Vec::new());
    for duration in DURATIONS {
        let server = Counted::start(Tool::Dhat, program, variables).await;
        let new = ["create", "--name", "Ada", "--email", "ada@example.com"];
        // The baseline has its user already.
        user_client(&new, &[("USER_SERVICE", server.url())]).await;
        calls.push(server.load(duration).await);
        copies.push(total(&server.stop().await));
    }
    let more = calls[1] - calls[0];
    Copies {
        number: (copies[1].number - copies[0].number) / more,
        bytes: (copies[1].bytes - copies[0].bytes) / more,
    }
}

/// The sum of all places, of which DHAT's file has one object each.
fn total(counts: &str) -> Copies {
    let counts: Value = serde_json::from_str(counts).expect("the file of DHAT");
    let places = counts["pps"].as_array().expect("places");
    places.iter().fold(Copies::default(), |sum, place| Copies {
        number: sum.number + place["tbk"].as_f64().unwrap_or_default(),
        bytes: sum.bytes + place["tb"].as_f64().unwrap_or_default(),
    })
}
