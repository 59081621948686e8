//! The guide's own table: what tracing costs a call that the cache answers.

use serde_json::Value;
use testkit::{Sink, UserService, user_client};

use super::{Cell, ROUNDS, load, median, show};
use crate::usage;

const USERS: &str = "1000";
const LOAD: [&str; 9] = [
    "get",
    "--ids",
    USERS,
    "--duration",
    "3s",
    "--connections",
    "10",
    "--concurrency",
    "100",
];

/// A service of each kind, with what it keeps alive.
struct Contender {
    name: &'static str,
    service: UserService,
    _sink: Option<Sink>,
    cells: Vec<Cell>,
}

pub(crate) async fn run() -> Vec<Value> {
    println!("GetUser from the cache, 100 calls at a time over 10 connections");
    let mut contenders = Vec::new();
    for (name, variables) in [
        ("no tracing", vec![("OTEL_SDK_DISABLED", "true")]),
        (
            "1 % sampled",
            vec![
                ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
                ("OTEL_TRACES_SAMPLER_ARG", "0.01"),
            ],
        ),
        ("100 % sampled", vec![]),
    ] {
        contenders.push(start(name, variables).await);
    }
    for _ in 0..ROUNDS {
        for contender in &mut contenders {
            let cell = load(&mut contender.service, &LOAD).await;
            contender.cells.push(cell);
        }
    }
    let base = median(&contenders[0].cells);
    let mut figures = Vec::new();
    for contender in &mut contenders {
        let cell = median(&contender.cells);
        let (resident, _) = usage::memory(contender.service.process().pid());
        let ratio = cell.calls_per_second / base.calls_per_second;
        let more = format!("  {resident:>5.1} MiB  {ratio:.2}×");
        figures.push(show(contender.name, cell, &more));
    }
    println!();
    figures
}

async fn start(name: &'static str, mut variables: Vec<(&str, &str)>) -> Contender {
    let address = "127.0.0.1:0".parse();
    let sink = match (name, address) {
        ("no tracing", _) | (_, Err(_)) => None,
        (_, Ok(address)) => Sink::bind(address).await.ok(),
    };
    let endpoint = sink.as_ref().map(Sink::endpoint).unwrap_or_default();
    if sink.is_some() {
        variables.push(("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &endpoint));
    }
    let service = UserService::start(&variables).await;
    onboard(&service, USERS).await;
    Contender {
        name,
        service,
        _sink: sink,
        cells: Vec::new(),
    }
}

/// Creates so many users, with ids from 1 on.
pub(super) async fn onboard(service: &UserService, users: &str) {
    let count: usize = users.parse().unwrap_or(0);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("users.csv");
    let rows: String = (0..count)
        .map(|index| format!("User {index},user{index}@example.com\n"))
        .collect();
    let path = file.to_string_lossy();
    std::fs::write(&file, format!("name,email\n{rows}")).expect("a file in the temporary folder");
    let variables = [("USER_SERVICE", service.grpc_url())];
    let output = user_client(&["import", &path], &variables).await;
    assert!(output.status.success(), "{output:?}");
}
