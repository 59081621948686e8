//! Streams: rows per second, and what they hold.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Database, Process, Signal, user_client};

use super::{NO_CACHE, get, settle};
use crate::contender::Contender;
use crate::usage;

const USERS: usize = 1_000_000;
/// The maximum that fits on a command line.
const LOOKED_UP: usize = 100_000;

/// How long a reader that takes nothing is watched.
const STALL: Duration = Duration::from_secs(60);

pub(crate) async fn run() -> Vec<Value> {
    println!("Streams of {USERS} users on PostgreSQL");
    let database = Database::create().await;
    let variables = [
        ("DATABASE_URL", database.url()),
        ("OTEL_TRACES_EXPORTER", "none"),
    ];
    let service = Contender::service("user-service", &variables).await;
    service.onboard(USERS).await;

    // What creating them left behind is not the list's.
    drop(service);
    settle(&database).await;
    let from_the_database = [&variables[..], &[NO_CACHE]].concat();
    let mut service = Contender::service("user-service", &from_the_database).await;
    warm_up(&service).await;
    let (listed_rows, rate, grown) = list(&mut service).await;
    let answers = look_up(&service).await;
    let unary = service
        .load(&get("100000", "10", "100"))
        .await
        .calls_per_second;
    println!("GetUser, 100 at a time             {unary:>9.0} calls/s");
    println!(
        "lookup, one stream                 {answers:>9.0} answers/s, {:.2}× GetUser",
        answers / unary
    );
    println!(
        "list                               {rate:>9.0} rows/s, {:.2}× GetUser  {listed_rows} rows, the service grew by {grown:.1} MiB",
        rate / unary
    );

    let (looks, busy) = stalled(&service, &database).await;
    let seconds = STALL.as_secs();
    println!(
        "a reader that stops for {seconds} s        a connection was busy in {busy} of {looks} looks\n"
    );
    vec![
        json!({"row": "GetUser", "calls_per_second": unary}),
        json!({"row": "lookup", "answers_per_second": answers, "calls_ratio": answers / unary}),
        json!({"row": "list", "rows_per_second": rate, "rows": listed_rows, "grown_mib": grown}),
        json!({"row": "stalled reader", "looks": looks, "busy": busy}),
    ]
}

/// The rows of a list of all users, how many came per second, and the MiB by which the
/// service grew meanwhile.
async fn list(service: &mut Contender) -> (usize, f64, f64) {
    let (before, _) = usage::memory(service.pid());
    let variables = [("USER_SERVICE", service.url())];
    let started = Instant::now();
    let listed = user_client(&["list", "--output", "json"], &variables).await;
    let took = started.elapsed();
    let (_, most) = usage::memory(service.pid());
    let rows = listed.stdout.lines().count();
    (rows, rows as f64 / took.as_secs_f64(), most - before)
}

/// Responses per second of one stream of lookups.
async fn look_up(service: &Contender) -> f64 {
    let ids: Vec<String> = (1..=LOOKED_UP).map(|id| id.to_string()).collect();
    let command = ["lookup", "--output", "json"].into_iter();
    let arguments: Vec<&str> = command.chain(ids.iter().map(String::as_str)).collect();
    let started = Instant::now();
    let found = user_client(&arguments, &[("USER_SERVICE", service.url())]).await;
    let took = started.elapsed();
    assert_eq!(found.stdout.lines().count(), LOOKED_UP, "{}", found.stderr);
    LOOKED_UP as f64 / took.as_secs_f64()
}

async fn warm_up(service: &Contender) {
    let variables = [("USER_SERVICE", service.url())];
    user_client(&["list", "--limit", "1000", "--output", "json"], &variables).await;
}

/// How often the pool was sampled while a client lists and reads nothing, and how often a
/// connection was busy.
async fn stalled(service: &Contender, database: &Database) -> (u32, u32) {
    let variables = [("USER_SERVICE", service.url())];
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
