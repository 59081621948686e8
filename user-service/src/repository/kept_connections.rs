//! Connections that stay out of the pool from one statement to the next: the pool asks every
//! one that comes back whether it responds, which is a second round trip for each statement.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sqlx::Database;
use sqlx::pool::PoolConnection;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use super::pool_health::{ASSUMED_HEALTHY, PoolHealth};

/// How long after its last use a connection goes back to the pool, and how often that is looked
/// at: soon, as what it counts there as idle time begins only then.
const KEPT: Duration = Duration::from_millis(10);
/// How long a connection that is used all the time stays out of the pool, which replaces it
/// once it is old.
const LONGEST: Duration = Duration::from_secs(1);

/// The connections of one pool that are kept. Clones share them.
#[derive(Clone)]
pub(super) struct KeptConnections<D: Database> {
    shared: Arc<Shared<D>>,
}

struct Shared<D: Database> {
    state: Mutex<State<D>>,
    kept: Notify,
    health: PoolHealth,
    /// The tasks that return connections to the pool.
    returns: TaskTracker,
}

struct State<D: Database> {
    /// The last one was used last.
    connections: Vec<Kept<D>>,
    /// Statements that wait for the pool, to which every connection goes back meanwhile.
    waiting: usize,
    closed: bool,
}

struct Kept<D: Database> {
    taken: Taken<D>,
    used: Instant,
}

/// A connection of the pool.
pub(super) struct Taken<D: Database> {
    pub(super) connection: PoolConnection<D>,
    /// When it was taken out of the pool.
    since: Instant,
}

impl<D: Database> Taken<D> {
    /// `connection`, just taken out of its pool.
    pub(super) fn now(connection: PoolConnection<D>) -> Self {
        Self {
            connection,
            since: Instant::now(),
        }
    }
}

impl<D: Database> KeptConnections<D> {
    /// None so far. Those that `health` does not speak for go back to the pool by tasks of `returns`.
    pub(super) fn new(health: PoolHealth, returns: TaskTracker) -> Self {
        let state = State {
            connections: Vec::new(),
            waiting: 0,
            closed: false,
        };
        let shared = Shared {
            state: Mutex::new(state),
            kept: Notify::new(),
            health,
            returns,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Gives connections back to the pool soon after their last use, until what this returns is dropped.
    pub(super) fn keep_returning(&self) -> AbortOnDropHandle<()> {
        let shared = Arc::clone(&self.shared);
        AbortOnDropHandle::new(tokio::spawn(async move {
            loop {
                shared.kept.notified().await;
                while shared.return_unused() {
                    sleep(KEPT).await;
                }
            }
        }))
    }

    /// The connection that was used last; a place among those that wait for the pool if there
    /// is none, or one that may be broken.
    pub(super) fn take(&self) -> Result<Taken<D>, Waiting<'_, D>> {
        let mut state = self.shared.state();
        let doubted = match state.connections.pop() {
            Some(kept) if self.shared.is_usable(&kept) => return Ok(kept.taken),
            Some(kept) => {
                state.connections.push(kept);
                std::mem::take(&mut state.connections)
            }
            None => Vec::new(),
        };
        state.waiting += 1;
        drop(state);
        self.shared.give_back(doubted);
        Err(Waiting(&self.shared))
    }

    /// Keeps a connection whose statement has succeeded, unless the pool is to have it.
    pub(super) fn keep(&self, taken: Taken<D>) {
        let mut state = self.shared.state();
        if state.closed || state.waiting > 0 || taken.since.elapsed() > LONGEST {
            drop(state);
            return;
        }
        let used = Instant::now();
        state.connections.push(Kept { taken, used });
        drop(state);
        self.shared.kept.notify_one();
    }

    /// Keeps none from now on. The pool was closed, and closes those that there are.
    pub(super) fn close(&self) {
        let mut state = self.shared.state();
        state.closed = true;
        let connections = std::mem::take(&mut state.connections);
        drop(state);
        drop(connections);
    }

    /// Says how many there are.
    pub(super) fn count(&self) -> impl Fn() -> usize + Send + Sync + 'static {
        let shared: Weak<Shared<D>> = Arc::downgrade(&self.shared);
        move || {
            let shared = shared.upgrade();
            shared.map_or(0, |shared| shared.state().connections.len())
        }
    }
}

impl<D: Database> Shared<D> {
    fn is_usable(&self, kept: &Kept<D>) -> bool {
        kept.used.elapsed() < ASSUMED_HEALTHY && !self.health.has_doubted_since(kept.taken.since)
    }

    /// Gives back those that were not used for a while. Whether there are others.
    fn return_unused(&self) -> bool {
        let mut state = self.state();
        let is_unused = |kept: &mut Kept<D>| kept.used.elapsed() >= KEPT;
        let unused = state.connections.extract_if(.., is_unused).collect();
        let others = !state.connections.is_empty();
        drop(state);
        self.give_back(unused);
        others
    }

    /// Gives back connections that may not respond, for which the pool itself would wait indefinitely.
    fn give_back(&self, connections: Vec<Kept<D>>) {
        for kept in connections {
            let (health, mut connection) = (self.health.clone(), kept.taken.connection);
            self.returns.spawn(async move {
                if !health.ping(&mut *connection).await {
                    connection.close_on_drop();
                }
            });
        }
    }

    fn state(&self) -> MutexGuard<'_, State<D>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A statement that waits for the pool, until this is dropped.
pub(super) struct Waiting<'a, D: Database>(&'a Shared<D>);

impl<D: Database> Drop for Waiting<'_, D> {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
    }
}

#[cfg(test)]
mod tests;
