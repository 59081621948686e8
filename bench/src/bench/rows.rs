//! The rows, by what they compare.

pub(crate) mod allocations;
pub(crate) mod copies;
pub(crate) mod gateway;
pub(crate) mod growth;
pub(crate) mod h2load;
pub(crate) mod idle;
pub(crate) mod import;
pub(crate) mod instructions;
pub(crate) mod kitex;
pub(crate) mod overload;
pub(crate) mod peers;
mod rates;
pub(crate) mod start;
pub(crate) mod stores;
pub(crate) mod streams;
pub(crate) mod tonic;
pub(crate) mod tracing;

use sqlx::{Connection, PgConnection};
use testkit::Database;

use crate::programs::Programs;

/// user-service without telemetry.
pub(crate) const UNTRACED: (&str, &str) = ("OTEL_SDK_DISABLED", "true");
/// One of a hundred traces is sampled.
pub(crate) const ONE_PERCENT: [(&str, &str); 2] = [
    ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
    ("OTEL_TRACES_SAMPLER_ARG", "0.01"),
];
/// No trace is sampled; calls are counted all the same.
pub(crate) const UNSAMPLED: (&str, &str) = ("OTEL_TRACES_SAMPLER", "always_off");
/// user-service without telemetry, with room for thousands of connections and calls.
pub(crate) const ROOM_FOR_THOUSANDS: [(&str, &str); 6] = [
    UNTRACED,
    ("MAX_CONNECTIONS", "20000"),
    ("MAX_CONNECTIONS_PER_ADDRESS", "20000"),
    ("MAX_IN_FLIGHT", "20000"),
    ("MAX_STREAMS_PER_ADDRESS", "20000"),
    ("MAX_STREAMS", "20000"),
];
/// Every call goes to the store.
pub(crate) const NO_CACHE: (&str, &str) = ("CACHE_TTL", "0s");

/// The arguments of a load: for three seconds GetUser of `ids` users at random,
/// `concurrency` calls at a time over `connections`.
pub(crate) const fn get<'a>(
    ids: &'a str,
    connections: &'a str,
    concurrency: &'a str,
) -> [&'a str; 9] {
    [
        "get",
        "--ids",
        ids,
        "--duration",
        "3s",
        "--connections",
        connections,
        "--concurrency",
        concurrency,
    ]
}

/// One for each build, since an older one doesn't serve a newer schema.
pub(crate) async fn databases() -> Vec<Database> {
    let mut databases = Vec::new();
    for _ in Programs::measured() {
        databases.push(Database::create().await);
    }
    databases
}

/// Lets PostgreSQL do what it would do in the minutes after it was filled: count its rows,
/// without which it plans for an empty table, and write them to its disk.
pub(crate) async fn settle(database: &Database) {
    let connection = PgConnection::connect(database.url()).await;
    let mut connection = connection.expect("the database answers");
    for statement in ["ANALYZE users", "CHECKPOINT"] {
        let done = sqlx::query(statement).execute(&mut connection).await;
        done.expect("a database that is ours");
    }
}
