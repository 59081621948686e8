//! The errors of users on the wire, made in this one place; those of any service are
//! made by [`ErrorDomain`].

use grpc_server::{ErrorDomain, retry};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation};

use crate::domain::{Conflict, Error, Field, RepositoryError, UserId, Violation};

/// `ErrorInfo.domain` of all our errors.
pub const DOMAIN: ErrorDomain = ErrorDomain::new("user.v1");
/// `ResourceInfo.resource_type` of a user.
const USER: &str = "user.v1.User";

/// The status of a request that the domain did not fulfil.
pub fn of(error: Error) -> Status {
    match error {
        Error::Invalid(violations) => invalid(violations),
        Error::NotFound(id) => not_found(id),
        Error::AlreadyExists(conflict) => already_exists(conflict),
        Error::Repository(error) => of_repository(&error),
    }
}

/// A stream of rows has a row, the first being 0, that can't be read.
pub fn unreadable_row(row: usize, error: &Status) -> Status {
    let error = DOMAIN.completed(error);
    let message = format!(
        "row {row} can't be read, those before it were taken: {}",
        error.message()
    );
    DOMAIN.status(
        error.code(),
        &message,
        "UNREADABLE_ROW",
        ErrorDetails::new(),
    )
}

/// A stream has more than `limit` rows.
pub fn too_many_rows(limit: usize) -> Status {
    let message =
        format!("a call may have {limit} rows, which were taken: send the others in another call");
    DOMAIN.status(
        Code::ResourceExhausted,
        &message,
        "TOO_MANY_ROWS",
        ErrorDetails::new(),
    )
}

/// A stream has more than `limit` rows that failed.
pub fn too_many_failures(limit: usize) -> Status {
    let message = format!(
        "more than {limit} rows of this call failed, the others so far were taken: send fewer rows in a call"
    );
    DOMAIN.status(
        Code::ResourceExhausted,
        &message,
        "TOO_MANY_FAILURES",
        ErrorDetails::new(),
    )
}

fn invalid(violations: Vec<Violation>) -> Status {
    let violations: Vec<_> = violations
        .into_iter()
        .map(|violation| FieldViolation::new(field_name(violation.field), violation.rule))
        .collect();
    let fields: Vec<_> = violations
        .iter()
        .map(|violation| format!("{} {}", violation.field, violation.description))
        .collect();
    let message = fields.join("; ");
    let details = ErrorDetails::with_bad_request(violations);
    DOMAIN.status(Code::InvalidArgument, &message, "INVALID_FIELDS", details)
}

fn not_found(id: UserId) -> Status {
    let message = format!("no user has the id {id}");
    let details = ErrorDetails::with_resource_info(USER, id.to_string(), "", message.clone());
    DOMAIN.status(Code::NotFound, &message, "USER_NOT_FOUND", details)
}

fn already_exists(conflict: Conflict) -> Status {
    let message = conflict.to_string();
    let reason = match conflict {
        Conflict::Email => "EMAIL_TAKEN",
        Conflict::RequestId => "REQUEST_ID_REUSED",
    };
    // The name of the resource would be the address: it stays out.
    let details = ErrorDetails::with_resource_info(USER, "", "", message.clone());
    DOMAIN.status(Code::AlreadyExists, &message, reason, details)
}

fn of_repository(error: &RepositoryError) -> Status {
    match error {
        RepositoryError::Unavailable(source) => {
            tracing::warn!(error = %source, "the database is unavailable");
            let message = "the database is unavailable: try again later";
            DOMAIN.status(Code::Unavailable, message, "DATABASE_UNAVAILABLE", retry())
        }
        RepositoryError::Exhausted => {
            let message = "all connections to the database are in use: try again later";
            DOMAIN.status(Code::ResourceExhausted, message, "DATABASE_BUSY", retry())
        }
        RepositoryError::Contended(source) => {
            tracing::warn!(error = %source, "statement gave up after repeated serialization failures");
            let message = "other requests change the same users: try again later";
            DOMAIN.status(Code::Aborted, message, "CONTENDED", retry())
        }
        RepositoryError::Internal(source) => {
            tracing::error!(error = %source, "the database failed");
            DOMAIN.internal()
        }
        RepositoryError::Incomplete => {
            tracing::error!(%error, "the database failed");
            DOMAIN.internal()
        }
    }
}

fn field_name(field: Field) -> &'static str {
    match field {
        Field::UserId => "user_id",
        Field::Name => "name",
        Field::Email => "email",
        Field::Phone => "phone",
        Field::RequestId => "request_id",
        Field::AfterUserId => "after_user_id",
        Field::Limit => "limit",
    }
}

#[cfg(test)]
mod tests;
