//! What a call costs when there is more of everything.

use serde_json::Value;
use sqlx::{Connection, PgConnection};
use testkit::Database;

use super::{NO_CACHE, ROOM_FOR_THOUSANDS, UNTRACED, get, settle};
use crate::contender::{Contender, compare};

pub(crate) async fn run() -> Vec<Value> {
    let mut rows = users().await;
    rows.extend(connections().await);
    rows
}

async fn users() -> Vec<Value> {
    println!("GetUser from PostgreSQL, of more and more users, 100 calls at a time");
    let mut rows = Vec::new();
    for (name, count, ids) in [
        ("1,000 users", 1_000, "1000"),
        ("100,000 users", 100_000, "100000"),
        ("1,000,000 users", 1_000_000, "1000000"),
        ("10,000,000 users", 10_000_000, "10000000"),
    ] {
        let database = Database::create().await;
        let variables = [UNTRACED, NO_CACHE, ("DATABASE_URL", database.url())];
        let service = Contender::service(name, &variables).await;
        fill(&database, count).await;
        settle(&database).await;
        let load = get(ids, "4", "100");
        rows.extend(compare(&mut [service], &load).await);
    }
    rows
}

/// Lets the database generate this number of users.
async fn fill(database: &Database, count: i64) {
    let connection = PgConnection::connect(database.url()).await;
    let mut connection = connection.expect("the database answers");
    sqlx::query(
        "INSERT INTO users (name, email) \
         SELECT 'User ' || number, 'user' || number || '@example.com' \
         FROM generate_series(1, $1) AS numbers(number)",
    )
    .bind(count)
    .execute(&mut connection)
    .await
    .expect("users without a conflict");
}

async fn connections() -> Vec<Value> {
    println!("GetUser from the cache, over more and more connections, 10 calls at a time on each");
    let mut contenders = Contender::services("user-service", &ROOM_FOR_THOUSANDS).await;
    for contender in &contenders {
        contender.onboard(1_000).await;
    }
    let mut rows = Vec::new();
    for (connections, concurrency) in [("10", "100"), ("100", "1000"), ("1000", "10000")] {
        println!("{connections} connections");
        let load = get("1000", connections, concurrency);
        rows.extend(compare(&mut contenders, &load).await);
    }
    rows
}
