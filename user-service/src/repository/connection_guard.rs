//! A connection of the pool for one statement, which may be abandoned half-way.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Connection, Database, Error};
use tokio_util::task::TaskTracker;

use super::kept_connections::{KeptConnections, Taken};

/// How long an abandoned connection has until it responds again: what the
/// database may work on a statement, and some more.
const RECOVERY_LIMIT: Duration = Duration::from_millis(2_500);

/// A connection that is kept for the next statement, or goes back to the pool if its own failed.
/// If that was abandoned, it does so only once it responds again, and is closed if it does not:
/// the pool itself would wait indefinitely, and occupy a slot.
pub(super) struct ConnectionGuard<'a, D: Database> {
    taken: Option<Taken<D>>,
    kept: &'a KeptConnections<D>,
    recoveries: &'a TaskTracker,
    settled: bool,
}

impl<'a, D: Database> ConnectionGuard<'a, D> {
    /// Guards a connection. If its statement is abandoned, it recovers in a task of `recoveries`.
    pub(super) fn new(
        taken: Taken<D>,
        kept: &'a KeptConnections<D>,
        recoveries: &'a TaskTracker,
    ) -> Self {
        Self {
            taken: Some(taken),
            kept,
            recoveries,
            settled: true,
        }
    }

    /// The connection, for a statement that is not done until [`settle`](Self::settle).
    pub(super) fn connection(&mut self) -> Result<&mut D::Connection, Error> {
        self.settled = false;
        let taken = self.taken.as_mut().ok_or(Error::PoolClosed)?;
        Ok(&mut taken.connection)
    }

    /// The statement is done, and has `succeeded` or not.
    pub(super) fn settle(&mut self, succeeded: bool) {
        self.settled = true;
        if !succeeded {
            // The pool looks at the connection.
            self.taken = None;
        }
    }
}

impl<D: Database> Drop for ConnectionGuard<'_, D> {
    fn drop(&mut self) {
        let Some(taken) = self.taken.take() else {
            return;
        };
        match self.settled {
            true => self.kept.keep(taken),
            false => drop(self.recoveries.spawn(recover(taken.connection))),
        }
    }
}

async fn recover<D: Database>(mut connection: PoolConnection<D>) {
    let answered = tokio::time::timeout(RECOVERY_LIMIT, connection.ping()).await;
    if !matches!(answered, Ok(Ok(()))) {
        connection.close_on_drop();
    }
}
