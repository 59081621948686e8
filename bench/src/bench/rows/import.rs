//! `user-client import`, next to COPY of the same rows.

use std::fmt::Write;
use std::time::Instant;

use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use testkit::Database;

use crate::cell::median_of;
use crate::contender::{Contender, ROUNDS};
use crate::programs::Programs;

const USERS: usize = 1_000_000;
/// Rows in each COPY: all at once, and as many as a transaction of the service has.
const COPIES: [(&str, usize); 2] = [("one COPY", USERS), ("COPY of 1,000 rows each", 1_000)];

pub(crate) async fn run() -> Vec<Value> {
    println!("Import of {USERS} users into PostgreSQL, in turns with COPY of the same rows");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("users.csv");
    std::fs::write(&file, users()).expect("a file in the temporary folder");
    let file = file.to_string_lossy();
    let builds = Programs::measured();
    let names = builds.iter().map(|programs| programs.row("import"));
    let copies = COPIES.iter().map(|(name, _)| (*name).to_owned());
    let names: Vec<String> = names.chain(copies).collect();
    let mut rates = vec![Vec::new(); names.len()];
    for _ in 0..ROUNDS {
        for (rates, rate) in rates.iter_mut().zip(round(&builds, &file).await) {
            rates.push(rate);
        }
    }
    let one_copy = rates[builds.len()].clone();
    let rows = names.iter().zip(&rates);
    let rows = rows
        .map(|(name, rates)| row(name, rates, &one_copy))
        .collect();
    println!();
    rows
}

fn users() -> String {
    let mut users = "name,email\n".to_owned();
    for index in 0..USERS {
        let _ = writeln!(users, "User {index},user{index}@example.com");
    }
    users
}

/// Rows per second of an import by each of `builds`, and of each kind of COPY.
async fn round(builds: &[Programs], file: &str) -> Vec<f64> {
    let mut rates = Vec::new();
    let mut rows = Vec::new();
    for programs in builds {
        let database = Database::create().await;
        rates.push(import(programs, &database, file).await);
        rows = stored(&database).await;
    }
    let database = Database::create().await;
    // It makes the table.
    drop(Contender::service("tables", &[("DATABASE_URL", database.url())]).await);
    for (_, batch) in COPIES {
        rates.push(copy(&database, &rows, batch).await);
    }
    rates
}

async fn import(programs: &Programs, database: &Database, file: &str) -> f64 {
    let variables = [
        ("DATABASE_URL", database.url()),
        ("OTEL_TRACES_EXPORTER", "none"),
    ];
    let service = Contender::service_of(programs, "import", &variables).await;
    checkpoint(database).await;
    let started = Instant::now();
    service.import(&programs.client, file).await;
    USERS as f64 / started.elapsed().as_secs_f64()
}

/// The users as lines of CSV, request ids included, which are a third index.
async fn stored(database: &Database) -> Vec<String> {
    let mut connection = connect(database).await;
    let rows = "SELECT format(E'%s,%s,%s\n', name, email, request_id) FROM users ORDER BY id";
    let rows: Vec<String> = sqlx::query_scalar(rows)
        .fetch_all(&mut connection)
        .await
        .expect("the users");
    assert_eq!(rows.len(), USERS, "not all users were stored");
    rows
}

/// Rows per second of COPY into a table like that of users, `batch` rows in each.
async fn copy(database: &Database, rows: &[String], batch: usize) -> f64 {
    let mut connection = connect(database).await;
    let table = "DROP TABLE IF EXISTS copied; CREATE TABLE copied (LIKE users INCLUDING ALL)";
    connection.execute(table).await.expect("a table");
    checkpoint(database).await;
    let started = Instant::now();
    for rows in rows.chunks(batch) {
        let statement = "COPY copied (name, email, request_id) FROM STDIN (FORMAT csv)";
        let mut copy = connection.copy_in_raw(statement).await.expect("a copy");
        let rows = rows.concat().into_bytes();
        copy.send(rows).await.expect("rows that arrive");
        copy.finish().await.expect("rows that are taken");
    }
    rows.len() as f64 / started.elapsed().as_secs_f64()
}

/// Writes what earlier turns left behind, which isn't the next one's.
async fn checkpoint(database: &Database) {
    let mut connection = connect(database).await;
    connection.execute("CHECKPOINT").await.expect("a disk");
}

async fn connect(database: &Database) -> PgConnection {
    let connection = PgConnection::connect(database.url()).await;
    connection.expect("the database answers")
}

/// Shows the median of `rates`, and of their ratios to those of one COPY in the same rounds.
fn row(name: &str, rates: &[f64], one_copy: &[f64]) -> Value {
    let rate = median_of(rates.iter().copied());
    let pairs = rates.iter().zip(one_copy);
    let ratio = median_of(pairs.map(|(rate, one_copy)| rate / one_copy));
    println!("{name:<34} {rate:>9.0} rows/s  {ratio:.2}× one COPY");
    json!({"row": name, "rows_per_second": rate, "ratio_to_one_copy": ratio})
}
