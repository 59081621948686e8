//! Streams: rows per second, and what they hold.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Database, Process, Signal, UserService, user_client};

use super::tracing::onboard;
use crate::usage;

const USERS: &str = "1000000";

/// How long a reader that takes nothing is watched.
const STALL: Duration = Duration::from_secs(60);

pub(crate) async fn run() -> Vec<Value> {
    println!("Streams of {USERS} users on PostgreSQL");
    let database = Database::create().await;
    let variables = [
        ("DATABASE_URL", database.url()),
        ("OTEL_TRACES_EXPORTER", "none"),
    ];
    let service = UserService::start(&variables).await;

    let started = Instant::now();
    onboard(&service, USERS).await;
    let imported = 1e6 / started.elapsed().as_secs_f64();
    println!("import                             {imported:>9.0} rows/s");

    // What creating them left behind is not the list's.
    drop(service);
    let mut service = UserService::start(&variables).await;
    let pid_of_list = service.process().pid();
    warm_up(&service).await;
    let (before, _) = usage::memory(pid_of_list);
    let started = Instant::now();
    let listed = user_client(
        &["list", "--output", "json"],
        &[("USER_SERVICE", service.grpc_url())],
    )
    .await;
    let took = started.elapsed();
    let (_, most) = usage::memory(pid_of_list);
    let rows = listed.stdout.lines().count();
    let rate = rows as f64 / took.as_secs_f64();
    let grown = most - before;
    println!(
        "list                               {rate:>9.0} rows/s  {rows} rows, the service grew by {grown:.1} MiB"
    );

    let (looks, busy) = stalled(&service, &database).await;
    let seconds = STALL.as_secs();
    println!(
        "a reader that stops for {seconds} s        a connection was busy in {busy} of {looks} looks\n"
    );
    vec![
        json!({"row": "import", "rows_per_second": imported}),
        json!({"row": "list", "rows_per_second": rate, "rows": rows, "grown_mib": grown}),
        json!({"row": "stalled reader", "looks": looks, "busy": busy}),
    ]
}

async fn warm_up(service: &UserService) {
    let variables = [("USER_SERVICE", service.grpc_url())];
    user_client(&["list", "--limit", "1000", "--output", "json"], &variables).await;
}

/// How often it was looked whether a connection is busy while somebody lists and
/// reads nothing, and how often one was.
async fn stalled(service: &UserService, database: &Database) -> (u32, u32) {
    let variables = [("USER_SERVICE", service.grpc_url())];
    let mut reader = Process::start("user-client", &["list", "--output", "json"], &variables);
    reader
        .wait_for_line(|_| true, Duration::from_secs(10))
        .await;
    reader.signal(Signal::STOP);
    let end = Instant::now() + STALL;
    let (mut looks, mut busy) = (0, 0);
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(500)).await;
        looks += 1;
        busy += u32::from(database.busy_connections().await > 0);
    }
    (looks, busy)
}
