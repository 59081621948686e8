//! Errors as responses: a gRPC status, by the tables of google.rpc.

mod code;
mod form;
mod render;

use grpc_server::ErrorDomain;
use http::{HeaderValue, Method, StatusCode};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation};

pub(crate) use self::code::http_status;
pub(crate) use self::form::ErrorForm;
pub(crate) use self::render::Renderer;
use crate::encoding::Undecodable;
use crate::fields::InvalidField;
use crate::rows::RowError;

/// A request that fails.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: Box<Status>,
    /// Where HTTP has a status of its own; else that of the code.
    http: Option<StatusCode>,
    /// The code that Connect and gRPC have where HTTP has a status of its own; else that of
    /// `status`.
    rpc: Option<Code>,
    /// The verbs that the path has.
    pub(crate) allow: Option<HeaderValue>,
}

impl Failure {
    pub(crate) fn new(status: Status) -> Self {
        Self {
            status: Box::new(status),
            http: None,
            rpc: None,
            allow: None,
        }
    }

    fn with_http(mut self, http: StatusCode) -> Self {
        self.http = Some(http);
        self
    }

    fn with_rpc(mut self, code: Code) -> Self {
        self.rpc = Some(code);
        self
    }

    /// The status of the response.
    pub(crate) fn http(&self) -> StatusCode {
        self.http.unwrap_or_else(|| http_status(self.status.code()))
    }
}

/// Makes the errors of the gateway itself, which are of one domain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Errors(pub(crate) ErrorDomain);

impl Errors {
    fn failure(self, code: Code, reason: &str, message: &str) -> Failure {
        let details = ErrorDetails::new();
        Failure::new(self.0.status(code, message, reason, details))
    }

    /// 404: no call has this path.
    pub(crate) fn unknown_path(self) -> Failure {
        let message = "no call has this path; /openapi.json lists all paths";
        let failure = self.failure(Code::NotFound, "UNKNOWN_PATH", message);
        failure.with_rpc(Code::Unimplemented)
    }

    /// 405: the path has other verbs.
    pub(crate) fn other_verb(self, verbs: &[&Method]) -> Failure {
        let verbs: Vec<_> = verbs.iter().map(|verb| verb.as_str()).collect();
        let verbs = verbs.join(", ");
        let message = format!("this path is called by {verbs}");
        let mut failure = self.failure(Code::Unimplemented, "OTHER_METHOD", &message);
        failure.allow = HeaderValue::from_str(&verbs).ok();
        let failure = failure.with_http(StatusCode::METHOD_NOT_ALLOWED);
        failure.with_rpc(Code::Unknown)
    }

    /// 400: a field, a parameter or a header is not valid.
    pub(crate) fn invalid_field(self, invalid: &InvalidField) -> Failure {
        let violation = FieldViolation::new(&invalid.field, &invalid.reason);
        let details = ErrorDetails::with_bad_request(vec![violation]);
        let (code, message) = (Code::InvalidArgument, invalid.to_string());
        Failure::new(self.0.status(code, &message, "INVALID_REQUEST", details))
    }

    /// 400: the body is not the message, with the reason.
    pub(crate) fn invalid_body(self, reason: &str) -> Failure {
        let message = format!("the body is not the JSON of the request: {reason}");
        self.failure(Code::InvalidArgument, "INVALID_BODY", &message)
    }

    /// 400: the request must have no body.
    pub(crate) fn unexpected_body(self) -> Failure {
        let message = "this call has no body: all fields are in the path and in the query";
        self.failure(Code::InvalidArgument, "UNEXPECTED_BODY", message)
    }

    /// 400: the body broke off, or is not framed as HTTP has it.
    pub(crate) fn broken_body(self) -> Failure {
        self.failure(Code::InvalidArgument, "BROKEN_BODY", "the body broke off")
    }

    /// 400 or 413: a row of the body is not a message. The rows before it may have been used.
    pub(crate) fn of_row(self, error: &RowError) -> Failure {
        match error {
            RowError::Invalid(index, reason) => {
                let message = format!(
                    "row {index} of the body is not the JSON of a request: {reason}; rows before \
                     it may have been carried out"
                );
                self.failure(Code::InvalidArgument, "INVALID_ROW", &message)
            }
            RowError::TooLarge(limit) => self.too_large(*limit),
            RowError::NotEncoded => self.not_encoded(),
            RowError::Broken => self.broken_body(),
        }
    }

    /// 413: the body, or a message of it, is longer than `limit` bytes.
    pub(crate) fn too_large(self, limit: usize) -> Failure {
        let message = format!("a message must have {limit} bytes at most");
        let failure = self.failure(Code::ResourceExhausted, "MESSAGE_TOO_LARGE", &message);
        failure.with_http(StatusCode::PAYLOAD_TOO_LARGE)
    }

    /// 415: the body is not of a type that the call takes; the first of `expected` is the one
    /// to use.
    pub(crate) fn other_type(self, expected: &[&str]) -> Failure {
        let first = expected.first().copied().unwrap_or_default();
        // curl -d sends a form.
        let message = format!(
            "the body must have the content type {}: add -H 'content-type: {first}'",
            expected.join(" or ")
        );
        let failure = self.failure(Code::InvalidArgument, "OTHER_CONTENT_TYPE", &message);
        let failure = failure.with_http(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        failure.with_rpc(Code::Unknown)
    }

    /// 415: the body is compressed.
    pub(crate) fn encoded(self) -> Failure {
        let message = "the body must be sent without an encoding: leave content-encoding out";
        let failure = self.failure(Code::InvalidArgument, "OTHER_CONTENT_TYPE", message);
        failure.with_http(StatusCode::UNSUPPORTED_MEDIA_TYPE)
    }

    /// 501: the body is compressed in a way that is not known.
    pub(crate) fn unsupported_encoding(self) -> Failure {
        let message = "messages may be compressed by gzip only";
        self.failure(Code::Unimplemented, "UNSUPPORTED_ENCODING", message)
    }

    /// 500, as Connect has it: a message is compressed, but the request does not say how.
    fn not_encoded(self) -> Failure {
        let message = "a message is compressed, but connect-content-encoding does not say how";
        self.failure(Code::Internal, "INVALID_BODY", message)
    }

    /// 501: a call with one request has none, or more.
    pub(crate) fn other_count(self) -> Failure {
        let message = "the body must have exactly one message";
        self.failure(Code::Unimplemented, "INVALID_BODY", message)
    }

    /// 400: the body is not compressed as it says.
    pub(crate) fn undecodable(self, reason: Undecodable, limit: usize) -> Failure {
        match reason {
            Undecodable::TooLarge => self.too_large(limit),
            Undecodable::Broken => self.invalid_body("it is not gzip, as it says"),
        }
    }

    /// 501: the call has streams in a shape that is not served.
    pub(crate) fn unsupported(self) -> Failure {
        let message = "this call can't be made over HTTP with JSON";
        self.failure(Code::Unimplemented, "UNSUPPORTED_CALL", message)
    }

    /// 504: the deadline passed.
    pub(crate) fn deadline_exceeded(self) -> Failure {
        Failure::new(self.0.deadline_exceeded())
    }

    /// 503: too many requests are open.
    pub(crate) fn too_many_requests(self) -> Failure {
        let message = "too many requests are open";
        let details = grpc_server::retry();
        let code = Code::ResourceExhausted;
        Failure::new(self.0.status(code, message, "TOO_MANY_REQUESTS", details))
    }

    /// 500: a bug.
    pub(crate) fn internal(self) -> Failure {
        let message = "the gateway failed; its log has the cause";
        self.failure(Code::Internal, "INTERNAL", message)
    }

    /// The failure that is `status`, of a call. What the service did not say itself has no
    /// details yet, and may tell of the network.
    pub(crate) fn of_call(self, status: Status) -> Failure {
        if !status.details().is_empty() {
            return Failure::new(status);
        }
        let (code, reason) = (status.code(), grpc_telemetry::rpc::code_name(status.code()));
        let (message, details) = match code {
            Code::Unavailable => ("the service is not available", grpc_server::retry()),
            Code::DeadlineExceeded => return self.deadline_exceeded(),
            Code::Internal | Code::Unknown => ("the call failed", ErrorDetails::new()),
            _ => (status.message(), ErrorDetails::new()),
        };
        if matches!(code, Code::Unavailable | Code::Internal | Code::Unknown) {
            tracing::debug!(%status, "a call to the service failed");
        }
        Failure::new(self.0.status(code, message, reason, details))
    }
}
