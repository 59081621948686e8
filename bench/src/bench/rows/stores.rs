//! Calls that reach a store, beside a statement a call: through a pool of sqlx, and
//! through connections of tokio-postgres that have many in flight.

use serde_json::Value;
use testkit::{Database, redis_database};

use super::{NO_CACHE, UNTRACED, databases, get, settle};
use crate::contender::{Contender, compare};
use crate::programs::Programs;

const USERS: usize = 10_000;
/// Of as many users.
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
    let mut rows = reads().await;
    rows.extend(creates().await);
    rows
}

async fn reads() -> Vec<Value> {
    let databases = databases().await;
    let redis = redis_database();
    let in_database = ("DATABASE_URL", databases[0].url());
    let mut stores = Contender::services("kept in the process", &[UNTRACED]).await;
    stores.extend(shared(&databases, &[UNTRACED, NO_CACHE]).await);
    stores.extend(Contender::services("SQLite", &[UNTRACED, NO_CACHE]).await);
    for store in &stores {
        store.onboard(USERS).await;
    }
    for database in &databases {
        settle(database).await;
    }
    let with_redis = [UNTRACED, in_database, ("REDIS_URL", redis.url())];
    stores.push(Contender::service("Redis", &with_redis).await);
    stores.push(pooled(in_database).await);
    stores.push(
        pipelined(
            "PostgreSQL, tonic and tokio-postgres, pipelined",
            in_database,
        )
        .await,
    );
    println!("GetUser of {USERS} users at random, 100 calls at a time");
    compare(&mut stores, &GET).await
}

async fn creates() -> Vec<Value> {
    let databases = databases().await;
    let in_database = ("DATABASE_URL", databases[0].url());
    // The services first: they make the tables.
    let shared = shared(&databases, &[UNTRACED]).await;
    let mut stores = vec![
        pooled(in_database).await,
        pipelined(
            "PostgreSQL, tonic and tokio-postgres, 8 connections",
            in_database,
        )
        .await,
    ];
    stores.extend(shared);
    stores.extend(Contender::services("SQLite", &[UNTRACED]).await);
    println!("CreateUser, durable, 200 calls at a time");
    compare(&mut stores, &CREATE).await
}

/// Each build with `variables` on a database of its own.
async fn shared(databases: &[Database], variables: &[(&str, &str)]) -> Vec<Contender> {
    let mut services = Vec::new();
    for (programs, database) in Programs::measured().iter().zip(databases) {
        let variables = [variables, &[("DATABASE_URL", database.url())]].concat();
        let name = "PostgreSQL, shared statements";
        services.push(Contender::service_of(programs, name, &variables).await);
    }
    services
}

async fn pooled(in_database: (&str, &str)) -> Contender {
    Contender::baseline("PostgreSQL, tonic and sqlx's pool", "multi", &[in_database]).await
}

async fn pipelined(name: &str, in_database: (&str, &str)) -> Contender {
    Contender::baseline(name, "single", &[in_database, TOKIO_POSTGRES]).await
}
