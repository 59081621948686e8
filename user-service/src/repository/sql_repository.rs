//! Users in a SQL database. Generic inside only: outside it is the domain's port.

mod creates;

use std::future::ready;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use grpc_telemetry::store::{Failure, Store, observe};
use sqlx::database::HasStatementCache;
use sqlx::error::BoxDynError;
use sqlx::pool::PoolConnection;
use sqlx::{Connection, Database, Encode, Executor, FromRow, IntoArguments, Pool, Type};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use super::coalesced::CoalescedRepository;
use super::connection_guard::ConnectionGuard;
use super::error::{defect, failure, has_room, is_unconnected, translate};
use super::kept_connections::{KeptConnections, Taken};
use super::params::Params;
use super::pool_health::PoolHealth;
use super::retry::{Retry, has_stale_statements};
use super::row::{RequestedRow, UserRow};
use super::sql::{Statement, Statements};
use crate::domain::{Created, NewUser, RepositoryError, User, UserId, UserRepository};
use crate::metrics::ConnectionWaits;

/// How long one statement may take in all: to wait for a connection, and then
/// for a database that may not even be able to stop by itself.
const STATEMENT_LIMIT: Duration = Duration::from_secs(3);
/// A connection that takes longer to open may be to a database that can't be reached.
const USUAL_WAIT: Duration = Duration::from_millis(250);
/// How long a write waits for those before it; a call with a deadline gives up sooner.
const TURN_LIMIT: Duration = Duration::from_secs(30);
/// How long the connections may take to close.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// Users behind a pool of connections.
pub(super) struct SqlRepository<D: Database> {
    pool: Pool<D>,
    kept: KeptConnections<D>,
    waits: ConnectionWaits,
    store: Store,
    statements: Statements,
    params: Params<D>,
    pool_health: PoolHealth,
    /// Connections whose statements were abandoned, and others that may not respond.
    recoveries: TaskTracker,
    /// Gives turns to those who write, where the database has one writer at a time.
    turns: Option<Semaphore>,
    _returning: AbortOnDropHandle<()>,
    /// What follows the database, for as long as this lives.
    _task: Option<AbortOnDropHandle<()>>,
}

impl<D: Database + HasStatementCache> SqlRepository<D> {
    pub(super) fn new(
        pool: Pool<D>,
        store: Store,
        statements: Statements,
        params: Params<D>,
        pool_health: PoolHealth,
    ) -> Self {
        let recoveries = TaskTracker::new();
        let kept = KeptConnections::new(pool_health.clone(), recoveries.clone());
        Self {
            waits: ConnectionWaits::of(&pool, kept.count(), &store),
            pool,
            store,
            statements,
            params,
            pool_health,
            recoveries,
            turns: None,
            _returning: kept.keep_returning(),
            kept,
            _task: None,
        }
    }

    /// This repository, of a database with one writer at a time that gives no turns: who
    /// waits in it longest may wait longer than all others, and then fails.
    pub(super) fn with_turns(self) -> Self {
        Self {
            turns: Some(Semaphore::new(1)),
            ..self
        }
    }

    /// This repository, with a connection of its pool that is open already.
    pub(super) fn with_connection(self, connection: PoolConnection<D>) -> Self {
        self.kept.keep(Taken::now(connection));
        self
    }

    /// Waits for a turn to write. Without one after a while the database decides.
    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let turns = self.turns.as_ref()?;
        let turn = tokio::time::timeout(TURN_LIMIT, turns.acquire()).await;
        turn.ok()?.ok()
    }

    /// This repository, which owns `task`.
    pub(super) fn with_task(self, task: AbortOnDropHandle<()>) -> Self {
        Self {
            _task: Some(task),
            ..self
        }
    }

    /// This repository, with statements that are shared by the calls that wait for them.
    pub(super) fn coalesced(self) -> CoalescedRepository
    where
        Self: UserRepository + 'static,
    {
        let (store, statements) = (self.store.clone(), self.statements);
        CoalescedRepository::new(
            Arc::new(self),
            store,
            statements.select_user.operation,
            statements.insert_users.operation,
        )
    }

    /// Runs `query`, which is of `statement`, with a span for each attempt and
    /// with its errors translated. `idempotent` says that it may be carried out twice.
    async fn run<T>(
        &self,
        statement: Statement,
        idempotent: bool,
        query: impl for<'c> Fn(&'c mut D::Connection) -> BoxFuture<'c, Result<T, sqlx::Error>>,
    ) -> Result<T, RepositoryError> {
        let mut retry = Retry::new(idempotent, rand::random::<f64>);
        loop {
            let attempt = self.attempt(&query);
            let failure = |error: &sqlx::Error| self.failure(error);
            let result = observe(&self.store, statement.operation, attempt, failure).await;
            let error = match result {
                Ok(value) => {
                    self.pool_health.notice_success();
                    return Ok(value);
                }
                Err(error) => error,
            };
            self.pool_health.notice(&error);
            if is_unconnected(&self.pool, &error)
                && self.pool_health.responded_recently()
                && retry.wait_again()
            {
                continue;
            }
            let Some(wait) = retry.next(&error) else {
                return Err(translate(&self.pool, error));
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// What the span of a failed statement says.
    fn failure(&self, error: &sqlx::Error) -> Failure {
        let failure = failure(error);
        if !is_unconnected(&self.pool, error) {
            return failure;
        }
        match self.pool_health.why_unreachable() {
            Some(error_type) => Failure {
                error_type,
                ..failure
            },
            None => failure,
        }
    }

    /// Runs `query` once, or once more if the connection's prepared statements were stale.
    async fn attempt<T>(
        &self,
        query: &impl for<'c> Fn(&'c mut D::Connection) -> BoxFuture<'c, Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        let work = async {
            let taken = self.connection().await?;
            let mut guard = ConnectionGuard::new(taken, &self.kept, &self.recoveries);
            let mut result = query(guard.connection()?).await;
            if result.as_ref().err().is_some_and(has_stale_statements) {
                let connection = guard.connection()?;
                connection.clear_cached_statements().await?;
                result = query(connection).await;
            }
            guard.settle(result.is_ok());
            result
        };
        let late = || sqlx::Error::Io(io::ErrorKind::TimedOut.into());
        tokio::time::timeout(STATEMENT_LIMIT, work)
            .await
            .unwrap_or_else(|_| Err(late()))
    }

    /// A connection that was kept, or else one of the pool.
    async fn connection(&self) -> Result<Taken<D>, sqlx::Error> {
        let waiting = match self.kept.take() {
            Ok(taken) => return self.waits.measure(ready(Ok(taken))).await,
            Err(waiting) => waiting,
        };
        // Large, because it may open one: moved with each statement otherwise.
        let taken = Box::pin(self.connection_of_the_pool()).await;
        drop(waiting);
        taken
    }

    /// A connection of the pool. If none can be opened, the reason is looked for while the pool
    /// is still trying.
    async fn connection_of_the_pool(&self) -> Result<Taken<D>, sqlx::Error> {
        let mut taking = pin!(self.waits.measure(self.pool.acquire()));
        let taken = match tokio::time::timeout(USUAL_WAIT, &mut taking).await {
            Ok(taken) => taken?,
            Err(_) => {
                if has_room(&self.pool) {
                    self.pool_health.doubt();
                }
                taking.await?
            }
        };
        Ok(Taken::now(taken))
    }
}

impl<D: Database + HasStatementCache> SqlRepository<D>
where
    D::Arguments: IntoArguments<D> + Clone + Sync,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    /// The rows that `statement` returns for a `list`.
    async fn rows<R>(
        &self,
        statement: Statement,
        idempotent: bool,
        list: Result<D::Arguments, BoxDynError>,
    ) -> Result<Vec<R>, RepositoryError>
    where
        R: for<'r> FromRow<'r, D::Row> + Send + Unpin + 'static,
    {
        let list = list.map_err(defect)?;
        self.run(statement, idempotent, |connection| {
            let query = sqlx::query_as_with(statement.text, list.clone());
            Box::pin(query.fetch_all(connection))
        })
        .await
    }
}

#[async_trait]
impl<D: Database + HasStatementCache> UserRepository for SqlRepository<D>
where
    UserRow: for<'r> FromRow<'r, D::Row>,
    RequestedRow: for<'r> FromRow<'r, D::Row>,
    D::Arguments: IntoArguments<D> + Clone + Sync,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
    i64: for<'q> Encode<'q, D> + Type<D>,
{
    async fn get(&self, id: UserId) -> Result<Option<User>, RepositoryError> {
        let statement = self.statements.select_user;
        let query = sqlx::query_as::<_, UserRow>;
        let row = self.run(statement, true, |connection| {
            let query = query(statement.text).bind(id.get());
            Box::pin(query.fetch_optional(connection))
        });
        row.await?.map(User::try_from).transpose()
    }

    async fn get_many(&self, ids: &[UserId]) -> Result<Vec<User>, RepositoryError> {
        let statement = self.statements.select_users;
        let ids = (self.params.ids)(ids);
        users(self.rows(statement, true, ids).await?)
    }

    async fn page(&self, after: i64, limit: u32) -> Result<Vec<User>, RepositoryError> {
        let statement = self.statements.select_page;
        let query = sqlx::query_as::<_, UserRow>;
        let rows = self.run(statement, true, |connection| {
            let query = query(statement.text).bind(after).bind(i64::from(limit));
            Box::pin(query.fetch_all(connection))
        });
        users(rows.await?)
    }

    async fn create(&self, users: Vec<NewUser>) -> Result<Vec<Created>, RepositoryError> {
        self.create_all(users).await
    }

    async fn draw_ids(&self, count: usize) -> Result<Option<Vec<UserId>>, RepositoryError> {
        self.draw(count).await
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        let ping = async {
            // Its wait counts for none, as it is no statement of a call.
            let mut taken = match self.kept.take() {
                Ok(taken) => taken,
                Err(_waiting) => Taken::now(self.pool.acquire().await?),
            };
            let done = sqlx::query("SELECT 1").execute(&mut *taken.connection);
            done.await.map(drop)
        };
        ping.await.map_err(|error| {
            // Without calls nothing else tells that the database has failed over.
            self.pool_health.notice(&error);
            translate(&self.pool, error)
        })
    }

    async fn close(&self) {
        self.recoveries.close();
        let closing = self.pool.close();
        self.kept.close();
        let closed = async { tokio::join!(closing, self.recoveries.wait()) };
        // Beyond that the database is silent, and finds out by itself.
        if tokio::time::timeout(CLOSE_LIMIT, closed).await.is_err() {
            tracing::debug!("connections to the database were left open");
        }
    }
}

fn users(rows: Vec<UserRow>) -> Result<Vec<User>, RepositoryError> {
    rows.into_iter().map(User::try_from).collect()
}
