//! What an attempt came to, as far as another one is concerned.

use std::error::Error;
use std::time::Duration;

use grpc_common::causes;
use grpc_telemetry::rpc::{NotGrpc, code_of};
use http::{HeaderMap, Response};
use tonic::{Code, ConnectError, TimeoutExpired};

use crate::BoxError;

const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AttemptOutcome {
    /// The server responded, with success or with an error that a retry won't change.
    Answered,
    /// The server requests a retry, or is temporarily unavailable.
    Failed { pushback: Pushback },
    /// The connection broke: the server may have carried it out.
    Broken,
    /// No server has worked on it.
    NeverSent,
    /// Its time is over.
    Late,
}

/// What the server says of a repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushback {
    /// Nothing.
    None,
    /// After this time.
    After(Duration),
    /// Not at all.
    Never,
}

impl AttemptOutcome {
    /// A word for the event of a retry.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed { .. } => "refused",
            Self::Broken => "connection_broken",
            Self::NeverSent => "never_sent",
            Self::Late => "timeout",
        }
    }
}

/// What `result` means. A response is committed with its head, so only one that
/// is nothing but a status counts as failed.
pub(super) fn of<B>(result: &Result<Response<B>, BoxError>) -> AttemptOutcome {
    match result {
        Ok(response) => of_head(response.headers()),
        Err(error) => of_error(error.as_ref()),
    }
}

/// The code of an attempt that is followed by another. Without a status of the server it is
/// UNAVAILABLE, the code by which gRPC reports that a connection is lost.
pub(super) fn code_of_failed<B>(result: &Result<Response<B>, BoxError>) -> Code {
    let response = result.as_ref().ok();
    response
        .and_then(|response| code_of(response.headers()))
        .unwrap_or(Code::Unavailable)
}

fn of_head(headers: &HeaderMap) -> AttemptOutcome {
    let pushback = pushback(headers);
    match code_of(headers) {
        Some(Code::Unavailable) => AttemptOutcome::Failed { pushback },
        // Without the server's word the load would only get worse.
        Some(Code::ResourceExhausted) if pushback != Pushback::None => {
            AttemptOutcome::Failed { pushback }
        }
        _ => AttemptOutcome::Answered,
    }
}

fn pushback(headers: &HeaderMap) -> Pushback {
    let Some(value) = headers.get(PUSHBACK) else {
        return Pushback::None;
    };
    let millis = value.to_str().ok().and_then(|text| text.parse().ok());
    // A negative number is how a server forbids it, and nonsense counts as one.
    millis.map_or(Pushback::Never, |millis| {
        Pushback::After(Duration::from_millis(millis))
    })
}

fn of_error(error: &(dyn Error + 'static)) -> AttemptOutcome {
    for cause in causes(error) {
        if cause.is::<TimeoutExpired>() {
            return AttemptOutcome::Late;
        }
        if let Some(response) = cause.downcast_ref::<NotGrpc>() {
            return of_proxy(response.code());
        }
        if is_of_unsent(cause) {
            return AttemptOutcome::NeverSent;
        }
    }
    AttemptOutcome::Broken
}

/// What a response that isn't gRPC means: a proxy may find its server again.
fn of_proxy(code: Code) -> AttemptOutcome {
    match code {
        Code::Unavailable => AttemptOutcome::Failed {
            pushback: Pushback::None,
        },
        _ => AttemptOutcome::Answered,
    }
}

/// Whether `error` says that no server has worked on the request: there is no
/// connection, it closed before, or the server said GOAWAY or refused the stream.
fn is_of_unsent(error: &(dyn Error + 'static)) -> bool {
    if error.is::<ConnectError>() {
        return true;
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return error.is_canceled();
    }
    let Some(error) = error.downcast_ref::<h2::Error>() else {
        return false;
    };
    let reason = error.reason();
    let gone = error.is_go_away() && reason == Some(h2::Reason::NO_ERROR);
    let refused = error.is_reset() && reason == Some(h2::Reason::REFUSED_STREAM);
    error.is_remote() && (gone || refused)
}

#[cfg(test)]
mod tests {
    use tonic::Status;

    use super::*;

    fn head(status: Status) -> AttemptOutcome {
        of(&Ok::<Response<()>, BoxError>(status.into_http()))
    }

    fn pushed_back(mut status: Status, millis: &'static str) -> Status {
        let value = tonic::metadata::MetadataValue::from_static(millis);
        status.metadata_mut().insert(PUSHBACK, value);
        status
    }

    #[test]
    fn a_server_that_cannot_answer_now_may_be_asked_again() {
        let unavailable = Status::unavailable("");
        let none = Pushback::None;
        assert_eq!(
            head(unavailable.clone()),
            AttemptOutcome::Failed { pushback: none }
        );
        let pushback = Pushback::After(Duration::from_millis(250));
        let asked = pushed_back(unavailable.clone(), "250");
        assert_eq!(head(asked), AttemptOutcome::Failed { pushback });
        for forbidden in ["-1", "soon"] {
            let pushback = Pushback::Never;
            let refused = pushed_back(unavailable.clone(), forbidden);
            assert_eq!(head(refused), AttemptOutcome::Failed { pushback });
        }
    }

    #[test]
    fn load_is_added_only_when_the_server_says_when() {
        let exhausted = Status::resource_exhausted("");
        assert_eq!(head(exhausted.clone()), AttemptOutcome::Answered);
        let asked = pushed_back(exhausted, "0");
        assert!(matches!(head(asked), AttemptOutcome::Failed { .. }));
    }

    #[test]
    fn other_answers_stand() {
        for status in [
            Status::not_found(""),
            Status::internal(""),
            Status::deadline_exceeded(""),
        ] {
            assert_eq!(head(status), AttemptOutcome::Answered);
        }
    }

    #[test]
    fn a_proxy_without_its_server_may_be_asked_again() {
        let of_proxy = |status: u16| {
            let response = Response::builder().status(status).body(()).unwrap();
            let error = NotGrpc::check(response).map_err(Status::from).unwrap_err();
            of::<()>(&Err(error.into()))
        };
        let pushback = Pushback::None;
        assert_eq!(of_proxy(503), AttemptOutcome::Failed { pushback });
        assert_eq!(of_proxy(404), AttemptOutcome::Answered);
    }

    #[test]
    fn an_unknown_error_is_a_broken_connection() {
        let error: BoxError = "reset by peer".into();
        assert_eq!(of::<()>(&Err(error)), AttemptOutcome::Broken);
    }
}
