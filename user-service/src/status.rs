//! Errors on the wire, made in this one place: a code, a message that is safe
//! to show, and the `google.rpc` details.

use std::collections::HashMap;
use std::time::Duration;

use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use crate::domain::{Conflict, Error, Field, RepositoryError, UserId, Violation};

/// `ErrorInfo.domain` of all our errors.
pub const DOMAIN: &str = "user.v1";
/// `ResourceInfo.resource_type` of a user.
const USER: &str = "user.v1.User";
/// The trailer that tells clients of gRPC when to try again.
const PUSHBACK: &str = "grpc-retry-pushback-ms";
/// When a caller may try again.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The status of a request that the domain did not fulfil.
pub fn of(error: Error) -> Status {
    match error {
        Error::Invalid(violations) => invalid(violations),
        Error::NotFound(id) => not_found(id),
        Error::AlreadyExists(conflict) => already_exists(conflict),
        Error::Repository(error) => of_repository(&error),
    }
}

/// The deadline of the call has passed.
pub fn deadline_exceeded() -> Status {
    let message = "the deadline passed before the call was done";
    build(
        Code::DeadlineExceeded,
        message,
        "DEADLINE_EXCEEDED",
        ErrorDetails::new(),
    )
}

/// The caller has sent nothing for too long on a stream that waits for it.
pub fn silent() -> Status {
    let message = "no message came on the stream for too long";
    let details = ErrorDetails::new();
    build(Code::DeadlineExceeded, message, "STREAM_IDLE", details)
}

/// The caller's certificate names nobody who may call. The log says whom it names.
pub fn peer_refused() -> Status {
    let message = "the certificate of this client does not allow the call";
    let details = ErrorDetails::new();
    build(Code::PermissionDenied, message, "PEER_REFUSED", details)
}

/// The headers of the request are more than anybody needs.
pub fn headers_too_large() -> Status {
    let message = "the metadata of the request is too large";
    let details = ErrorDetails::new();
    build(
        Code::ResourceExhausted,
        message,
        "METADATA_TOO_LARGE",
        details,
    )
}

/// The call has no token that is trusted. What is wrong with one is for its span to say,
/// not for who may have forged it.
pub fn unauthenticated() -> Status {
    let message = "the call has no valid token: send one as `authorization: Bearer TOKEN`";
    let details = ErrorDetails::new();
    build(Code::Unauthenticated, message, "UNAUTHENTICATED", details)
}

/// The caller is known, and may not do this.
pub fn permission_denied() -> Status {
    let message = "the caller may not call this method";
    let details = ErrorDetails::new();
    build(
        Code::PermissionDenied,
        message,
        "PERMISSION_DENIED",
        details,
    )
}

/// There is nothing to be called at this path.
pub fn no_such_method() -> Status {
    completed(&Status::unimplemented(""))
}

/// The server has as many calls in flight as it takes.
pub fn overloaded() -> Status {
    let message = "the service has too many calls in flight: try again later";
    build(Code::ResourceExhausted, message, "OVERLOADED", retry())
}

/// The caller makes more calls a second than one may; the next may come after `wait`.
pub fn too_often(wait: Duration) -> Status {
    let message = "the caller makes too many calls a second: try again later";
    let details = ErrorDetails::with_retry_info(Some(wait));
    build(Code::ResourceExhausted, message, "CALLER_RATE", details)
}

/// The caller has as many calls in flight as one may have.
pub fn too_many_calls() -> Status {
    let message = "the caller has too many calls in flight: try again later";
    build(Code::ResourceExhausted, message, "CALLER_CALLS", retry())
}

/// The caller has as many streams open as one may have.
pub fn too_many_streams() -> Status {
    let message = "the caller has too many streams open: end some, or try again later";
    build(Code::ResourceExhausted, message, "CALLER_STREAMS", retry())
}

/// The server stops, and the time for calls in flight is over.
pub fn stopping() -> Status {
    let message = "the service is stopping: try again on another connection";
    // Another server may answer at once.
    let details = ErrorDetails::with_retry_info(Some(Duration::ZERO));
    build(Code::Unavailable, message, "STOPPING", details)
}

/// A defect of ours. The cause is in the log, not here.
pub fn internal() -> Status {
    let message = "an internal error occurred: the log of the service has it under this trace id";
    build(Code::Internal, message, "INTERNAL", ErrorDetails::new())
}

/// A stream of rows has a row, the first being 0, that can't be read.
pub fn unreadable_row(row: usize, error: &Status) -> Status {
    let error = completed(error);
    let message = format!(
        "row {row} can't be read, those before it were taken: {}",
        error.message()
    );
    build(
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
    build(
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
    build(
        Code::ResourceExhausted,
        &message,
        "TOO_MANY_FAILURES",
        ErrorDetails::new(),
    )
}

/// A status that a library made, with our details and, where it is wrong, our code.
pub fn completed(status: &Status) -> Status {
    // tonic says OUT_OF_RANGE of a message over the size limit; we never do otherwise.
    let code = match status.code() {
        Code::OutOfRange => Code::ResourceExhausted,
        code => code,
    };
    let message = match code {
        Code::Unimplemented if status.message().is_empty() => "the service has no such method",
        _ => status.message(),
    };
    let reason = match status.code() {
        Code::OutOfRange => "MESSAGE_TOO_LARGE",
        code => grpc_telemetry::rpc::code_name(code),
    };
    build(code, message, reason, ErrorDetails::new())
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
    build(Code::InvalidArgument, &message, "INVALID_FIELDS", details)
}

fn not_found(id: UserId) -> Status {
    let message = format!("no user has the id {id}");
    let details = ErrorDetails::with_resource_info(USER, id.to_string(), "", message.clone());
    build(Code::NotFound, &message, "USER_NOT_FOUND", details)
}

fn already_exists(conflict: Conflict) -> Status {
    let message = conflict.to_string();
    let reason = match conflict {
        Conflict::Email => "EMAIL_TAKEN",
        Conflict::RequestId => "REQUEST_ID_REUSED",
    };
    // The name of the resource would be the address: it stays out.
    let details = ErrorDetails::with_resource_info(USER, "", "", message.clone());
    build(Code::AlreadyExists, &message, reason, details)
}

fn of_repository(error: &RepositoryError) -> Status {
    match error {
        RepositoryError::Unavailable(source) => {
            tracing::warn!(error = %source, "the database is unavailable");
            let message = "the database is unavailable: try again later";
            build(Code::Unavailable, message, "DATABASE_UNAVAILABLE", retry())
        }
        RepositoryError::Exhausted => {
            let message = "all connections to the database are in use: try again later";
            build(Code::ResourceExhausted, message, "DATABASE_BUSY", retry())
        }
        RepositoryError::Contended(source) => {
            tracing::warn!(error = %source, "a statement lost against others, again and again");
            let message = "other requests change the same users: try again later";
            build(Code::Aborted, message, "CONTENDED", retry())
        }
        RepositoryError::Internal(source) => {
            tracing::error!(error = %source, "the database failed");
            internal()
        }
        RepositoryError::Incomplete => {
            tracing::error!(%error, "the database failed");
            internal()
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

fn retry() -> ErrorDetails {
    ErrorDetails::with_retry_info(Some(RETRY_DELAY))
}

fn build(code: Code, message: &str, reason: &str, mut details: ErrorDetails) -> Status {
    details.set_error_info(reason, DOMAIN, HashMap::new());
    if let Some(trace_id) = grpc_telemetry::current_trace_id() {
        details.set_request_info(trace_id.to_string(), "");
    }
    let metadata = pushback(&details);
    Status::with_error_details_and_metadata(code, message, details, metadata)
}

/// What `RetryInfo` says, for clients that follow the retry design of gRPC (A6).
fn pushback(details: &ErrorDetails) -> MetadataMap {
    let mut metadata = MetadataMap::new();
    if let Some(delay) = details.retry_info().and_then(|info| info.retry_delay) {
        // Rounded up: a moment too early would be refused again.
        let millis = u64::try_from(delay.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        metadata.insert(PUSHBACK, millis.into());
    }
    metadata
}

#[cfg(test)]
mod tests;
