//! Calls that reach a store, beside a statement a call: through a pool of sqlx, and
//! through connections of tokio-postgres that have many in flight.

use serde_json::Value;
use testkit::{Database, redis_database};

use super::{NO_CACHE, UNTRACED, get, settle};
use crate::contender::{Contender, compare};

const USERS: usize = 10_000;
const GET: [&str; 9] = get("10000", "4", "100");
/// Instead of the pool of sqlx.
const TOKIO_POSTGRES: (&str, &str) = ("STORE_DRIVER", "tokio-postgres");
const CREATE: [&str; 7] = [
    "create",
    "--duration",
    "3s",
    "--connections",
    "4",
    "--concurrency",
    "200",
];

pub(crate) async fn run() -> Vec<Value> {
    let (one, two) = (Database::create().await, Database::create().await);
    let redis = redis_database();
    let in_one = ("DATABASE_URL", one.url());
    let in_two = ("DATABASE_URL", two.url());
    let with_redis = [UNTRACED, in_one, ("REDIS_URL", redis.url())];

    let kept = Contender::service("kept in the process", &[UNTRACED]).await;
    let no_cache = [UNTRACED, in_one, NO_CACHE];
    let missed = Contender::service("PostgreSQL, shared statements", &no_cache).await;
    let sqlite = Contender::service("SQLite", &[UNTRACED, NO_CACHE]).await;
    for contender in [&kept, &missed, &sqlite] {
        contender.onboard(USERS).await;
    }
    settle(&one).await;
    println!("GetUser of 10,000 users at random, 100 calls at a time");
    let mut contenders = [
        kept,
        Contender::service("Redis", &with_redis).await,
        missed,
        Contender::baseline("PostgreSQL, tonic and sqlx's pool", "multi", &[in_one]).await,
        Contender::baseline(
            "PostgreSQL, tonic and tokio-postgres, pipelined",
            "single",
            &[in_one, TOKIO_POSTGRES],
        )
        .await,
        sqlite,
    ];
    let mut rows = compare(&mut contenders, &GET).await;

    println!("CreateUser, durable, 200 calls at a time");
    // The service first: it makes the table.
    let shared = Contender::service("PostgreSQL, shared statements", &[UNTRACED, in_two]).await;
    let pooled = Contender::baseline("PostgreSQL, tonic and sqlx's pool", "multi", &[in_two]).await;
    let grouped = Contender::baseline(
        "PostgreSQL, tonic and tokio-postgres, 8 connections",
        "single",
        &[in_two, TOKIO_POSTGRES],
    )
    .await;
    let sqlite = Contender::service("SQLite", &[UNTRACED]).await;
    let mut contenders = [pooled, grouped, shared, sqlite];
    rows.extend(compare(&mut contenders, &CREATE).await);
    rows
}
