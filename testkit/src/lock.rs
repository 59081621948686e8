//! A lock on a table.

use std::time::Duration;

use sqlx::{Connection, Executor, PgConnection};

use crate::database::Database;

/// How long a statement may take to arrive at the lock.
const LIMIT: Duration = Duration::from_secs(30);

/// How often the database is asked who waits.
const POLL: Duration = Duration::from_millis(10);

/// A lock on the table `users`: every statement on the table waits until this is dropped.
#[derive(Debug)]
pub struct TableLock {
    connection: PgConnection,
}

impl TableLock {
    /// Takes the lock in `database`.
    ///
    /// # Panics
    /// If the table isn't there.
    pub async fn on_users(database: &Database) -> Self {
        let mut connection = PgConnection::connect(database.url())
            .await
            .expect("the server answers");
        connection
            .execute("BEGIN; LOCK TABLE users")
            .await
            .expect("the table is there");
        Self { connection }
    }

    /// Waits until a statement waits for the table.
    ///
    /// # Panics
    /// If none does within 30 seconds.
    pub async fn wait_for_a_statement(&mut self) {
        let arrival = async {
            while self.waiting().await == 0 {
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(LIMIT, arrival)
            .await
            .expect("a statement arrives");
    }

    async fn waiting(&mut self) -> i64 {
        sqlx::query_scalar(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'users'::regclass",
        )
        .fetch_one(&mut self.connection)
        .await
        .expect("every user may read it")
    }
}
