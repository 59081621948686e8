//! Lists as parameters of the statements, in the form that each database takes apart soonest.

use serde::Serialize;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::sqlite::{Sqlite, SqliteArguments};
use sqlx::{Arguments, Database};
use uuid::Uuid;

use super::insert_outcome::Item;
use crate::domain::UserId;

/// How the parameters of one database are made.
pub(super) struct Params<D: Database> {
    /// The ids of users.
    pub(super) ids: fn(&[UserId]) -> Result<D::Arguments, BoxDynError>,
    /// New users.
    pub(super) new_users: fn(&[Item<'_>]) -> Result<D::Arguments, BoxDynError>,
    /// What must be unique of new users.
    pub(super) unique: fn(&[Item<'_>]) -> Result<D::Arguments, BoxDynError>,
}

/// Arrays, one for each column.
pub(super) const POSTGRES: Params<Postgres> = Params {
    ids: |ids| {
        let mut arguments = PgArguments::default();
        arguments.add(numbers(ids))?;
        Ok(arguments)
    },
    new_users: |users| {
        let mut arguments = PgArguments::default();
        arguments.add(column(users, |user| user.name))?;
        arguments.add(column(users, |user| user.email))?;
        arguments.add(column(users, |user| user.phone))?;
        arguments.add(column(users, |user| user.request_id))?;
        Ok(arguments)
    },
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
    unique: |users| json(users),
};

fn numbers(ids: &[UserId]) -> Vec<i64> {
    ids.iter().map(|id| id.get()).collect()
}

fn column<'a, T>(users: &[Item<'a>], of: fn(&Item<'a>) -> T) -> Vec<T> {
    users.iter().map(of).collect()
}

fn json<T: Serialize>(list: &[T]) -> Result<SqliteArguments, BoxDynError> {
    let mut arguments = SqliteArguments::default();
    arguments.add(serde_json::to_string(list)?)?;
    Ok(arguments)
}
