//! Users in a SQL database. Generic inside only: outside it is the domain's port.

use std::future::Future;

use async_trait::async_trait;
use serde::Serialize;
use sqlx::{Database, Encode, Executor, FromRow, IntoArguments, Pool, Type};
use telemetry::store::{Store, observe};

use super::batch;
use super::error::{defect, failure, translate};
use super::row::UserRow;
use super::sql::{Statement, Statements};
use crate::domain::{Created, NewUser, RepositoryError, User, UserId, UserRepository};

/// Users behind a pool of connections.
pub(super) struct SqlRepository<D: Database> {
    pool: Pool<D>,
    store: Store,
    statements: Statements,
}

impl<D: Database> SqlRepository<D> {
    pub(super) fn new(pool: Pool<D>, store: Store, statements: Statements) -> Self {
        Self {
            pool,
            store,
            statements,
        }
    }

    /// Runs `query`, which is of `statement`, with a span and with its errors translated.
    async fn observed<T>(
        &self,
        statement: Statement,
        query: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, RepositoryError> {
        observe(&self.store, statement.operation, query, failure)
            .await
            .map_err(|error| translate(&self.pool, error))
    }
}

#[async_trait]
impl<D: Database> UserRepository for SqlRepository<D>
where
    UserRow: for<'r> FromRow<'r, D::Row>,
    D::Arguments: IntoArguments<D>,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
    i64: for<'q> Encode<'q, D> + Type<D>,
    String: for<'q> Encode<'q, D> + Type<D>,
{
    async fn get(&self, id: UserId) -> Result<Option<User>, RepositoryError> {
        let statement = self.statements.select_user;
        let query = sqlx::query_as::<_, UserRow>(statement.text)
            .bind(id.get())
            .fetch_optional(&self.pool);
        let row = self.observed(statement, query).await?;
        row.map(User::try_from).transpose()
    }

    async fn get_many(&self, ids: &[UserId]) -> Result<Vec<User>, RepositoryError> {
        let statement = self.statements.select_users;
        let numbers: Vec<i64> = ids.iter().map(|id| id.get()).collect();
        let query = sqlx::query_as::<_, UserRow>(statement.text)
            .bind(json(&numbers)?)
            .fetch_all(&self.pool);
        users(self.observed(statement, query).await?)
    }

    async fn page(&self, after: i64, limit: u32) -> Result<Vec<User>, RepositoryError> {
        let statement = self.statements.select_page;
        let query = sqlx::query_as::<_, UserRow>(statement.text)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(&self.pool);
        users(self.observed(statement, query).await?)
    }

    async fn create(&self, users: &[NewUser]) -> Result<Vec<Created>, RepositoryError> {
        let statement = self.statements.insert_users;
        let query = sqlx::query_as::<_, UserRow>(statement.text)
            .bind(json(&batch::items(users))?)
            .fetch_all(&self.pool);
        let inserted = self.observed(statement, query).await?;
        let outcomes = batch::inserted(users, inserted)?;
        if outcomes.iter().all(Option::is_some) {
            return Ok(outcomes.into_iter().flatten().collect());
        }
        let statement = self.statements.select_conflicts;
        let query = sqlx::query_as::<_, UserRow>(statement.text)
            .bind(json(&batch::refused(users, &outcomes))?)
            .fetch_all(&self.pool);
        let in_the_way = self.observed(statement, query).await?;
        batch::resolve(users, outcomes, in_the_way)
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        let ping = sqlx::query("SELECT 1").execute(&self.pool).await;
        ping.map(drop).map_err(|error| translate(&self.pool, error))
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

fn users(rows: Vec<UserRow>) -> Result<Vec<User>, RepositoryError> {
    rows.into_iter().map(User::try_from).collect()
}

/// The one form in which both databases take a list.
fn json<T: Serialize>(list: &[T]) -> Result<String, RepositoryError> {
    serde_json::to_string(list).map_err(defect)
}
