//! Connection poolers such as PgBouncer: what one shares between its clients, and whether
//! that does harm.
//!
//! What is sent here goes by the simple protocol, one message a statement, which every
//! pooler handles right.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{Error, Executor, Row};
use tokio::time::timeout;

/// How often two connections are looked at: a pooler may give them sessions in turn.
const ROUNDS: usize = 5;
/// How long a statement waits for a session.
const SESSION_LIMIT: Duration = Duration::from_secs(1);

/// Whether `one` and `other` are given the sessions of one another: never, unless a pooler
/// shares them between transactions or statements.
pub(super) async fn shares_sessions(
    one: &mut PgConnection,
    other: &mut PgConnection,
) -> Result<bool, Error> {
    for _ in 0..ROUNDS {
        let first = session(one).await?;
        match timeout(SESSION_LIMIT, other.execute("BEGIN")).await {
            // The only session is the other's own.
            Err(_) => return Ok(false),
            // Not even a transaction keeps its session.
            Ok(Err(error)) if error.as_database_error().is_some() => return Ok(true),
            Ok(begun) => begun?,
        };
        if session(other).await? == first {
            return Ok(true);
        }
        match timeout(SESSION_LIMIT, session(one)).await {
            Ok(Ok(again)) if again != first => return Ok(true),
            Ok(again) => drop(again?),
            // It has to wait for another one.
            Err(_) => return Ok(true),
        }
        other.execute("ROLLBACK").await?;
    }
    Ok(false)
}

/// The session that `connection` is in: the id of the process that serves it.
async fn session(connection: &mut PgConnection) -> Result<i32, Error> {
    let row = connection.fetch_one("SELECT pg_backend_pid()").await?;
    row.try_get(0)
}

/// Whether the pooler gives prepared statements names of its own. Without that those of
/// several clients meet in one session by the same name, and get each other's results.
pub(super) async fn keeps_statements_apart(connection: &mut PgConnection) -> Result<bool, Error> {
    connection.execute("BEGIN").await?;
    // Prepared by the driver, and so one of those that it counts.
    let query = sqlx::query_scalar::<_, i64>(
        "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'sqlx%'",
    );
    let names_of_clients = query.fetch_one(&mut *connection).await?;
    connection.execute("ROLLBACK").await?;
    Ok(names_of_clients == 0)
}

/// Gives the session of `connection`, which is its own, these settings.
pub(super) async fn limit_session(
    connection: &mut PgConnection,
    limits: &[(&str, &str)],
) -> Result<(), Error> {
    for (name, value) in limits {
        sqlx::query("SELECT set_config($1, $2, false)")
            .bind(*name)
            .bind(*value)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
