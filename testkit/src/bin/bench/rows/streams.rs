//! Streams: rows per second, and what they hold.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use testkit::{Database, Process, Signal, user_client};

use crate::contender::Contender;
use crate::usage;

const USERS: usize = 1_000_000;

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
    let started = Instant::now();
    service.onboard(USERS).await;
    let imported = USERS as f64 / started.elapsed().as_secs_f64();
    let copied = copy(&database).await;
    let ratio = imported / copied;
    println!("COPY of the same rows              {copied:>9.0} rows/s");
    println!("import                             {imported:>9.0} rows/s  {ratio:.2}×");

    // What creating them left behind is not the list's.
    drop(service);
    let mut service = Contender::service("user-service", &variables).await;
    warm_up(&service).await;
    let (before, _) = usage::memory(service.pid());
    let started = Instant::now();
    let listed = user_client(
        &["list", "--output", "json"],
        &[("USER_SERVICE", service.url())],
    )
    .await;
    let took = started.elapsed();
    let (_, most) = usage::memory(service.pid());
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
        json!({"row": "COPY", "rows_per_second": copied}),
        json!({"row": "import", "rows_per_second": imported, "ratio": ratio}),
        json!({"row": "list", "rows_per_second": rate, "rows": rows, "grown_mib": grown}),
        json!({"row": "stalled reader", "looks": looks, "busy": busy}),
    ]
}

/// Rows per second of one COPY into a table like that of users.
async fn copy(database: &Database) -> f64 {
    let mut connection = PgConnection::connect(database.url())
        .await
        .expect("the database answers");
    let table = "CREATE TABLE copied (LIKE users INCLUDING ALL)";
    connection.execute(table).await.expect("a table");
    let rows: String = (0..USERS)
        .map(|index| format!("User {index},user{index}@example.com\n"))
        .collect();
    let started = Instant::now();
    let statement = "COPY copied (name, email) FROM STDIN (FORMAT csv)";
    let mut copy = connection.copy_in_raw(statement).await.expect("a copy");
    copy.send(rows.into_bytes())
        .await
        .expect("rows that arrive");
    copy.finish().await.expect("rows that are taken");
    USERS as f64 / started.elapsed().as_secs_f64()
}

async fn warm_up(service: &Contender) {
    let variables = [("USER_SERVICE", service.url())];
    user_client(&["list", "--limit", "1000", "--output", "json"], &variables).await;
}

/// How often it was looked whether a connection is busy while somebody lists and
/// reads nothing, and how often one was.
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
