//! A connection of the pool for one statement, which may be abandoned half-way.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Connection, Database, Error, Pool};
use tokio_util::task::TaskTracker;

use crate::metrics::ConnectionWaits;

/// How long an abandoned connection has until it responds again: what the
/// database may work on a statement, and some more.
const RECOVERY_LIMIT: Duration = Duration::from_millis(2_500);

/// A connection that goes back to the pool. If its statement was abandoned, it
/// does so only once it responds again, and is closed if it does not: the pool
/// itself would wait indefinitely, and occupy a slot.
pub(super) struct ConnectionGuard<'a, D: Database> {
    connection: Option<PoolConnection<D>>,
    recoveries: &'a TaskTracker,
    settled: bool,
}

impl<'a, D: Database> ConnectionGuard<'a, D> {
    /// Waits for a connection, as long as the pool lets it. If its statement is
    /// abandoned, it recovers in a task of `recoveries`.
    pub(super) async fn take(
        pool: &Pool<D>,
        waits: &ConnectionWaits,
        recoveries: &'a TaskTracker,
    ) -> Result<Self, Error> {
        Ok(Self {
            connection: Some(waits.measure(pool.acquire()).await?),
            recoveries,
            settled: true,
        })
    }

    /// The connection, for a statement that is not done until [`settle`](Self::settle).
    pub(super) fn connection(&mut self) -> Result<&mut D::Connection, Error> {
        self.settled = false;
        self.connection.as_deref_mut().ok_or(Error::PoolClosed)
    }

    /// The statement is done.
    pub(super) fn settle(&mut self) {
        self.settled = true;
    }
}

impl<D: Database> Drop for ConnectionGuard<'_, D> {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        if let Some(connection) = self.connection.take() {
            self.recoveries.spawn(recover(connection));
        }
    }
}

async fn recover<D: Database>(mut connection: PoolConnection<D>) {
    let answered = tokio::time::timeout(RECOVERY_LIMIT, connection.ping()).await;
    if !matches!(answered, Ok(Ok(()))) {
        connection.close_on_drop();
    }
}
