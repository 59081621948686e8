//! What the drivers report, as the domain and the spans want it.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;

use grpc_telemetry::store::Failure;
use sqlx::{Database, Pool};

use super::cause::Cause;
use super::retry::is_lost;
use crate::domain::RepositoryError;

/// Translates an error of a query on `pool`.
pub(super) fn translate<D: Database>(pool: &Pool<D>, error: sqlx::Error) -> RepositoryError {
    match &error {
        sqlx::Error::PoolTimedOut if !is_unconnected(pool, &error) => RepositoryError::Exhausted,
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_) => RepositoryError::Unavailable(Arc::new(Cause(error))),
        sqlx::Error::Database(_) if is_lost(&error) => {
            RepositoryError::Contended(Arc::new(Cause(error)))
        }
        sqlx::Error::Database(database) if is_passing(database.code().as_deref()) => {
            RepositoryError::Unavailable(Arc::new(Cause(error)))
        }
        _ => RepositoryError::Internal(Arc::new(Cause(error))),
    }
}

/// Whether there was no connection, though `pool` may have more of them. It hides why
/// it could not connect; that it is at its limit shows when it has all.
pub(super) fn is_unconnected<D: Database>(pool: &Pool<D>, error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::PoolTimedOut) && has_room(pool)
}

/// Whether `pool` may have more connections than it has.
pub(super) fn has_room<D: Database>(pool: &Pool<D>) -> bool {
    pool.size() < pool.options().get_max_connections()
}

/// Codes of a database that can't work now but may later: by SQLSTATE class
/// (connection, resources, operator, rollback), read-only after a failover;
/// SQLite's busy, locked, read-only, I/O error and full.
fn is_passing(code: Option<&str>) -> bool {
    let Some(code) = code else { return false };
    match code.len() {
        5 => ["08", "40", "53", "55", "57", "58"].contains(&&code[..2]) || code == "25006",
        _ => code
            .parse::<u32>()
            .is_ok_and(|extended| matches!(extended & 0xff, 5 | 6 | 8 | 10 | 13)),
    }
}

/// Whether another connection has a lock on SQLite's file.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|it| it.code());
    code.is_some_and(|code| code.parse().is_ok_and(|extended: u32| extended & 0xff == 5))
}

/// What the span of a failed statement says.
pub(super) fn failure(error: &sqlx::Error) -> Failure {
    let code = error
        .as_database_error()
        .and_then(|database| database.code().map(Cow::into_owned));
    let error_type = match (&code, error) {
        (Some(code), _) => Cow::Owned(code.clone()),
        (None, sqlx::Error::PoolTimedOut) => Cow::Borrowed("pool_timeout"),
        (None, sqlx::Error::Io(io)) => Cow::Owned(io.kind().to_string().replace(' ', "_")),
        (None, sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. }) => {
            Cow::Borrowed("decode")
        }
        _ => Cow::Borrowed("_OTHER"),
    };
    Failure {
        error_type,
        status_code: code,
    }
}

/// A defect of ours or in what is stored.
pub(super) fn defect(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> RepositoryError {
    RepositoryError::Internal(Arc::from(cause.into()))
}

/// The database gives ids that users have already, so that they can't be created.
pub(super) fn sequence_behind() -> RepositoryError {
    defect(
        "the sequence users_id_seq is behind the ids in users, and this user of the database may \
         not set it: run SELECT setval('users_id_seq', max(id)) FROM users, or \
         GRANT UPDATE ON SEQUENCE users_id_seq",
    )
}

/// A unique value that was taken a moment ago is free now: the caller may try again.
pub(super) fn conflict_vanished() -> RepositoryError {
    let cause: Box<dyn StdError + Send + Sync> = "the conflicting user is gone".into();
    RepositoryError::Unavailable(Arc::from(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passing_troubles_are_told_from_defects() {
        for code in [
            "57P01", "40001", "53300", "25006", "55P03", "5", "8", "261", "778", "13", "1032",
        ] {
            assert!(is_passing(Some(code)), "{code}");
        }
        for code in ["42P01", "23505", "22021", "1", "19"] {
            assert!(!is_passing(Some(code)), "{code}");
        }
        assert!(!is_passing(None));
    }
}
