//! The one place where a `tonic::Status` becomes a [`Failure`].

use std::error::Error;
use std::time::Duration;

use grpc_channel::{NotGrpc, SilentServer};
use grpc_common::{causes, printable};
use grpc_telemetry::rpc::code_name;
use opentelemetry::TraceId;
use prost::Message;
use tonic::{Code, ConnectError, Status, TimeoutExpired};
use tonic_types::{ErrorDetails, StatusExt};

use super::{Details, Failure, Retryability, Violation, transport};
use crate::outcome::Outcome;

/// The longest text of a service that is shown, in characters.
const LONGEST_TEXT: usize = 1_000;
/// The most violations that are shown.
const MOST_VIOLATIONS: usize = 20;

/// The circumstances of a call that failed.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The URL that was called.
    pub server: &'a str,
    /// The deadline of the call.
    pub timeout: Duration,
    /// The trace of the call, by the client's own account.
    pub trace_id: Option<TraceId>,
}

/// Says what `status` means in the `circumstances`.
pub fn failure(status: &Status, circumstances: Circumstances<'_>) -> Failure {
    let details = status.get_error_details();
    let code = code(status);
    let told = details
        .request_info()
        .and_then(|info| TraceId::from_hex(&info.request_id).ok());
    Failure {
        outcome: outcome(code, status),
        sentence: sentence(code, status, &details, circumstances),
        code: Some(code),
        details: answered(status).then(|| Box::new(details_of(&details))),
        trace_id: circumstances.trace_id.or(told),
        request_id: None,
        retryability: Retryability::of_call(
            uncertain(code, status),
            transient(code, status, &details),
        ),
    }
}

/// Whether the service itself sent this status, rather than our own end of the
/// connection, or something on the way that doesn't speak gRPC.
pub fn answered(status: &Status) -> bool {
    status.source().is_none()
}

/// Whether it comes from something that doesn't speak gRPC.
fn foreign(status: &Status) -> bool {
    cause::<NotGrpc>(status).is_some()
}

/// Whether the call may have been carried out all the same: it was sent, and
/// the service did not refuse it.
fn uncertain(code: Code, status: &Status) -> bool {
    let open = matches!(
        code,
        Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::Unknown
            | Code::Internal
    );
    open && cause::<ConnectError>(status).is_none()
}

/// Whether a repeat may go well: the service can't be had now, the connection
/// to it broke, or it requests a retry.
fn transient(code: Code, status: &Status, details: &ErrorDetails) -> bool {
    let asked = retry_after(details).is_some();
    outcome(code, status) == Outcome::Unavailable || asked && code != Code::DeadlineExceeded
}

/// A connection that broke has any of several codes, by the moment when it did;
/// for the user it is the same as one that can't be had.
fn outcome(code: Code, status: &Status) -> Outcome {
    let broken = !answered(status) && !foreign(status);
    match code {
        Code::Unknown | Code::Cancelled | Code::Internal if broken => Outcome::Unavailable,
        code => Outcome::from(code),
    }
}

/// Why one row of a stream was refused, in words that fit into a cell.
pub fn reason(row: &tonic_types::Status) -> String {
    let status = of_row(row);
    let violations = violations(&status.get_error_details());
    if violations.is_empty() {
        return said(&status);
    }
    let each = violations
        .iter()
        .map(|it| format!("{}: {}", it.field, it.description));
    each.collect::<Vec<_>>().join("; ")
}

/// The status of a part of a stream, as that of a call.
pub fn of_row(row: &tonic_types::Status) -> Status {
    Status::with_details(
        Code::from(row.code),
        row.message.clone(),
        row.encode_to_vec().into(),
    )
}

/// The code, where tonic names a passed deadline CANCELLED as well.
fn code(status: &Status) -> Code {
    if cause::<TimeoutExpired>(status).is_some() {
        return Code::DeadlineExceeded;
    }
    status.code()
}

/// The first error of type `E` among the causes of `status`.
fn cause<E: Error + 'static>(status: &Status) -> Option<&E> {
    causes(status).find_map(|it| it.downcast_ref())
}

fn sentence(
    code: Code,
    status: &Status,
    details: &ErrorDetails,
    circumstances: Circumstances<'_>,
) -> String {
    let server = circumstances.server;
    let message = said(status);
    if let Some(silent) = cause::<SilentServer>(status) {
        return transport::silent(server, silent);
    }
    if let Some(connect) = cause::<ConnectError>(status) {
        return transport::unreachable(server, connect, circumstances.timeout);
    }
    if let Some(response) = cause::<NotGrpc>(status) {
        return transport::foreign(server, code, response);
    }
    match code {
        Code::DeadlineExceeded => {
            let timeout = humantime::format_duration(circumstances.timeout);
            format!(
                "no response from user-service at {server} within {timeout}; allow more with --timeout"
            )
        }
        _ if !answered(status) => transport::broken(server, status),
        Code::InvalidArgument => invalid(&message, details),
        Code::Unavailable => format!(
            "user-service at {server} is unavailable: {message}; {}",
            again(details)
        ),
        Code::ResourceExhausted => format!(
            "user-service at {server} rejected the call: {message}; {}",
            again(details)
        ),
        Code::Unauthenticated => format!(
            "user-service at {server} requires authentication: {message}; give a valid token with --token-file"
        ),
        Code::PermissionDenied => format!(
            "user-service at {server} does not permit this call: {message}; get a token with the required role, and give it with --token-file"
        ),
        Code::Unimplemented => format!(
            "the server at {server} does not implement this call: {message}; is it a user-service of this version?"
        ),
        Code::Internal => format!(
            "user-service at {server} failed: {message}; its log has the cause under the trace id"
        ),
        _ => message,
    }
}

/// The message of a status, or the name of its code if it has none.
fn said(status: &Status) -> String {
    let message = shown(status.message());
    let message = message.trim().trim_end_matches('.');
    if message.is_empty() {
        return code_name(status.code()).to_owned();
    }
    message.to_owned()
}

/// `text` as it is shown: without control characters, and of bounded length.
fn shown(text: &str) -> String {
    let mut chars = text.chars();
    let beginning: String = chars.by_ref().take(LONGEST_TEXT).collect();
    let mark = if chars.next().is_some() { "…" } else { "" };
    format!("{}{mark}", printable(&beginning))
}

fn invalid(message: &str, details: &ErrorDetails) -> String {
    let violations = violations(details);
    if violations.is_empty() {
        return message.to_owned();
    }
    match violations.as_slice() {
        [only] => format!("{}: {}", only.field, only.description),
        several => format!("{} fields are invalid", several.len()),
    }
}

fn details_of(details: &ErrorDetails) -> Details {
    Details {
        reason: details.error_info().map(|info| shown(&info.reason)),
        violations: violations(details),
        retry_after: retry_after(details),
    }
}

fn violations(details: &ErrorDetails) -> Vec<Violation> {
    let Some(request) = details.bad_request() else {
        return Vec::new();
    };
    let violations = request.field_violations.iter().take(MOST_VIOLATIONS);
    violations
        .map(|violation| Violation {
            field: shown(&violation.field),
            description: shown(&violation.description),
        })
        .collect()
}

fn retry_after(details: &ErrorDetails) -> Option<Duration> {
    details.retry_info()?.retry_delay
}

fn again(details: &ErrorDetails) -> String {
    match retry_after(details) {
        Some(delay) if !delay.is_zero() => {
            format!("try again in {}", humantime::format_duration(delay))
        }
        _ => "try again later".to_owned(),
    }
}

#[cfg(test)]
mod tests;
