//! A row of `users`, from either database.

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};
use uuid::Uuid;

use super::error::defect;
use crate::domain::{RepositoryError, User, UserId};

pub(super) struct UserRow {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) phone: Option<String>,
    created_at: i64,
}

/// A row with the request that created it.
pub(super) struct RequestedRow {
    pub(super) user: UserRow,
    pub(super) request_id: Option<Uuid>,
}

impl<'r, R> FromRow<'r, R> for UserRow
where
    R: Row,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    /// By the places of the columns in `sql::COLUMNS`: to find them by name would take longer than to read them.
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            email: row.try_get(2)?,
            phone: row.try_get(3)?,
            created_at: row.try_get(4)?,
        })
    }
}

impl<'r, R> FromRow<'r, R> for RequestedRow
where
    R: Row,
    UserRow: FromRow<'r, R>,
    usize: ColumnIndex<R>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
{
    /// By the places of the columns in `sql::WITH_REQUEST`.
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        Ok(Self {
            user: UserRow::from_row(row)?,
            request_id: row.try_get(5)?,
        })
    }
}

impl TryFrom<UserRow> for User {
    type Error = RepositoryError;

    fn try_from(row: UserRow) -> Result<Self, RepositoryError> {
        let id = UserId::new(row.id).ok_or_else(|| defect("a stored id is not positive"))?;
        Ok(Self {
            id,
            name: row.name,
            email: row.email,
            phone: row.phone,
            created_at: row.created_at,
        })
    }
}
