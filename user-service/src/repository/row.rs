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
    pub(super) request_id: Option<Uuid>,
}

impl<'r, R> FromRow<'r, R> for UserRow
where
    R: Row,
    &'static str: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            email: row.try_get("email")?,
            phone: row.try_get("phone")?,
            created_at: row.try_get("created_at")?,
            request_id: row.try_get("request_id")?,
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
