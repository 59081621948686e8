//! gRPC codes as the conventions want them.

use std::error::Error as StdError;

use grpc_common::causes;
use http::HeaderMap;
use tonic::{Code, Status, TimeoutExpired};

/// The name of a code in the specification of gRPC, such as "NOT_FOUND".
pub fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// The code that these headers or trailers carry, if any. To read the whole status copies all of them.
pub fn code_of(headers: &HeaderMap) -> Option<Code> {
    // There are few of them: to look at each takes less than to hash the name.
    let mut headers = headers.iter();
    let (_, code) = headers.find(|(name, _)| **name == Status::GRPC_STATUS)?;
    Some(Code::from_bytes(code.as_bytes()))
}

/// The status of a call that failed without one: what the transport says, but
/// for a time-out of our own, which tonic takes for a cancellation.
pub(super) fn of_transport(error: Box<dyn StdError + Send + Sync>) -> Status {
    let is_late = causes(error.as_ref()).any(|it| it.is::<TimeoutExpired>());
    match is_late {
        true => Status::deadline_exceeded("the deadline passed before the call was done"),
        false => Status::from_error(error),
    }
}

/// Whose view of a call a span has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// Whether a code makes the span an error: for the caller all but OK, for the
/// server only what is the server's own fault.
pub(crate) fn is_error(code: Code, side: Side) -> bool {
    match side {
        Side::Client => code != Code::Ok,
        Side::Server => matches!(
            code,
            Code::Unknown
                | Code::DeadlineExceeded
                | Code::Unimplemented
                | Code::Internal
                | Code::Unavailable
                | Code::DataLoss
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_mistake_is_no_error_of_the_server() {
        let mistakes = [
            Code::InvalidArgument,
            Code::NotFound,
            Code::AlreadyExists,
            Code::PermissionDenied,
            Code::ResourceExhausted,
            Code::FailedPrecondition,
            Code::Aborted,
            Code::OutOfRange,
            Code::Unauthenticated,
            Code::Cancelled,
        ];
        for code in mistakes {
            assert!(!is_error(code, Side::Server), "{code:?}");
            assert!(is_error(code, Side::Client), "{code:?}");
        }
    }

    #[test]
    fn every_code_has_its_name() {
        for number in 0..=16 {
            let code = Code::from(number);
            let name = code_name(code).replace('_', "").to_lowercase();
            assert_eq!(name, format!("{code:?}").to_lowercase());
        }
    }
}
