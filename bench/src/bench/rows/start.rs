//! Time from the start to the first response, and the size of the programs.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Database, UserService};
use tonic::transport::Channel;
use user_proto::v1::GetUserRequest;
use user_proto::v1::user_service_client::UserServiceClient;

use super::UNTRACED;

const STARTS: usize = 21;

pub(crate) async fn run() -> Vec<Value> {
    println!("From the start of the process to the answer to a first call, median of {STARTS}");
    let database = Database::create().await;
    let mut rows = vec![
        first_call("SQLite", &[UNTRACED]).await,
        first_call("PostgreSQL", &[UNTRACED, ("DATABASE_URL", database.url())]).await,
    ];
    for program in ["user-service", "user-client"] {
        let bytes = std::fs::metadata(testkit::program(program)).map_or(0, |file| file.len());
        let megabytes = bytes as f64 / 1e6;
        println!("{program:<34} {megabytes:>8.1} MB");
        rows.push(json!({"row": program, "megabytes": megabytes}));
    }
    println!();
    rows
}

async fn first_call(name: &str, variables: &[(&str, &str)]) -> Value {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let started = Instant::now();
        let service = UserService::start(variables).await;
        let endpoint = Channel::from_shared(service.grpc_url().to_owned()).expect("a URL");
        let mut client = UserServiceClient::new(endpoint.connect_lazy());
        let answer = client.get_user(GetUserRequest { user_id: 1 }).await;
        assert!(answer.is_err(), "there is no user yet");
        times.push(started.elapsed());
    }
    times.sort();
    let median: Duration = times[STARTS / 2];
    let milliseconds = median.as_secs_f64() * 1e3;
    println!("{name:<34} {milliseconds:>8.1} ms");
    json!({"row": format!("first call, {name}"), "milliseconds": milliseconds})
}
