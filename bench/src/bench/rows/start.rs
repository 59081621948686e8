//! Time from the start to the first response, and the size of the programs.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::UserService;
use tonic::transport::Channel;
use user_proto::v1::GetUserRequest;
use user_proto::v1::user_service_client::UserServiceClient;

use super::{UNTRACED, databases};
use crate::cell::median_of;
use crate::programs::Programs;

const STARTS: usize = 21;

pub(crate) async fn run() -> Vec<Value> {
    println!("From the start of the process to the answer to a first call, median of {STARTS}");
    let builds = Programs::measured();
    let databases = databases().await;
    let sqlite = vec![vec![UNTRACED]; builds.len()];
    let postgres = databases
        .iter()
        .map(|database| vec![UNTRACED, ("DATABASE_URL", database.url())]);
    let postgres: Vec<_> = postgres.collect();
    let mut rows = first_calls("SQLite", &builds, &sqlite).await;
    rows.extend(first_calls("PostgreSQL", &builds, &postgres).await);
    for programs in &builds {
        rows.push(size(&programs.row("user-service"), &programs.service));
        rows.push(size(&programs.row("user-client"), &programs.client));
    }
    println!();
    rows
}

/// The first call of each of `builds` in turns, each with its variables.
async fn first_calls(
    store: &str,
    builds: &[Programs],
    variables: &[Vec<(&str, &str)>],
) -> Vec<Value> {
    let mut times = vec![Vec::new(); builds.len()];
    for _ in 0..STARTS {
        for ((programs, variables), times) in builds.iter().zip(variables).zip(&mut times) {
            times.push(first_call(programs, variables).await);
        }
    }
    let rows = builds.iter().zip(times);
    let rows = rows.map(|(programs, times)| {
        let name = programs.row(store);
        let milliseconds = median_of(times.iter().map(|it| it.as_secs_f64() * 1e3));
        println!("{name:<34} {milliseconds:>8.1} ms");
        json!({"row": format!("first call, {name}"), "milliseconds": milliseconds})
    });
    rows.collect()
}

async fn first_call(programs: &Programs, variables: &[(&str, &str)]) -> Duration {
    let started = Instant::now();
    let service = UserService::start_program(&programs.service, variables).await;
    let endpoint = Channel::from_shared(service.grpc_url().to_owned()).expect("a URL");
    let mut client = UserServiceClient::new(endpoint.connect_lazy());
    let answer = client.get_user(GetUserRequest { user_id: 1 }).await;
    assert!(answer.is_err(), "there is no user yet");
    started.elapsed()
}

fn size(name: &str, program: &str) -> Value {
    let bytes = std::fs::metadata(testkit::program(program)).map_or(0, |file| file.len());
    let megabytes = bytes as f64 / 1e6;
    println!("{name:<34} {megabytes:>8.1} MB");
    json!({"row": name, "megabytes": megabytes})
}
