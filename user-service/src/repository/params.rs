//! Lists as parameters of the statements, in the form that each database takes apart soonest.

use serde::Serialize;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::sqlite::{Sqlite, SqliteArguments};
use sqlx::{Arguments, Database, Row};
use uuid::Uuid;

use super::insert_outcome::Item;
use crate::domain::UserId;

/// How the parameters of one database are made.
pub(super) struct Params<D: Database> {
    /// The ids of users.
    pub(super) ids: fn(&[UserId]) -> Result<D::Arguments, BoxDynError>,
    /// New users.
    pub(super) new_users: fn(&[Item<'_>]) -> Result<D::Arguments, BoxDynError>,
    /// The same with their ids, and how drawn ids are read.
    pub(super) numbered: Option<NumberedParams<D>>,
    /// What must be unique of new users.
    pub(super) unique: fn(&[Item<'_>]) -> Result<D::Arguments, BoxDynError>,
}

/// What is needed for users that have ids before they are created.
pub(super) struct NumberedParams<D: Database> {
    /// New users with their ids.
    pub(super) new_users: fn(&[Item<'_>]) -> Result<D::Arguments, BoxDynError>,
    /// The ids in the row of a list of them.
    pub(super) drawn_ids: fn(&D::Row) -> Result<Vec<i64>, sqlx::Error>,
}

/// Arrays, one for each column.
pub(super) const POSTGRES: Params<Postgres> = Params {
    ids: |ids| {
        let mut arguments = PgArguments::default();
        arguments.add(numbers(ids))?;
        Ok(arguments)
    },
    new_users: columns,
    numbered: Some(NumberedParams {
        new_users: |users| {
            let mut arguments = columns(users)?;
            arguments.add(column(users, |user| user.id))?;
            Ok(arguments)
        },
        drawn_ids: |row| row.try_get(0),
    }),
    unique: |users| {
        let request_ids: Vec<Uuid> = users.iter().filter_map(|user| user.request_id).collect();
        let mut arguments = PgArguments::default();
        arguments.add(column(users, |user| user.email))?;
        arguments.add(request_ids)?;
        Ok(arguments)
    },
};

/// One JSON text, as SQLite has no arrays.
pub(super) const SQLITE: Params<Sqlite> = Params {
    ids: |ids| json(&numbers(ids)),
    new_users: |users| json(users),
    numbered: None,
    unique: |users| json(users),
};

fn numbers(ids: &[UserId]) -> Vec<i64> {
    ids.iter().map(|id| id.get()).collect()
}

fn columns(users: &[Item<'_>]) -> Result<PgArguments, BoxDynError> {
    let mut arguments = PgArguments::default();
    arguments.add(column(users, |user| user.name))?;
    arguments.add(column(users, |user| user.email))?;
    arguments.add(column(users, |user| user.phone))?;
    arguments.add(column(users, |user| user.request_id))?;
    Ok(arguments)
}

fn column<'a, T>(users: &[Item<'a>], of: fn(&Item<'a>) -> T) -> Vec<T> {
    users.iter().map(of).collect()
}

fn json<T: Serialize>(list: &[T]) -> Result<SqliteArguments, BoxDynError> {
    let mut arguments = SqliteArguments::default();
    arguments.add(serde_json::to_string(list)?)?;
    Ok(arguments)
}
