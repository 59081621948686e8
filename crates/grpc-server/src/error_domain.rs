//! The errors that any service sends, made in one place: a code, a message that is
//! safe to show, and the `google.rpc` details.

use std::collections::HashMap;
use std::time::Duration;

use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// The trailer that tells clients of gRPC when to try again.
const PUSHBACK: &str = "grpc-retry-pushback-ms";
/// When a caller may try again.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Details that advise to try again after a second.
pub fn retry() -> ErrorDetails {
    ErrorDetails::with_retry_info(Some(RETRY_DELAY))
}

/// `ErrorInfo.domain` of all errors of one service, such as `user.v1`: its errors are made by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorDomain(&'static str);

impl ErrorDomain {
    /// The domain by this name. An empty one leaves `ErrorInfo` out of all errors.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// A status with `details`, to which `ErrorInfo` with `reason` is added, and
    /// `RequestInfo` with the id of the current trace. What `RetryInfo` says is
    /// also sent as `grpc-retry-pushback-ms`.
    pub fn status(
        self,
        code: Code,
        message: &str,
        reason: &str,
        mut details: ErrorDetails,
    ) -> Status {
        if !self.0.is_empty() {
            details.set_error_info(reason, self.0, HashMap::new());
        }
        if let Some(trace_id) = grpc_telemetry::current_trace_id() {
            details.set_request_info(trace_id.to_string(), "");
        }
        let metadata = pushback(&details);
        Status::with_error_details_and_metadata(code, message, details, metadata)
    }

    /// A status without details of its own.
    fn plain(self, code: Code, message: &str, reason: &str) -> Status {
        self.status(code, message, reason, ErrorDetails::new())
    }

    /// DEADLINE_EXCEEDED: the deadline of the call has passed.
    pub fn deadline_exceeded(self) -> Status {
        let message = "the deadline passed before the call was done";
        self.plain(Code::DeadlineExceeded, message, "DEADLINE_EXCEEDED")
    }

    /// DEADLINE_EXCEEDED: the caller has sent nothing for too long on a stream that waits for it.
    pub fn stream_idle(self) -> Status {
        let message = "no message arrived on the stream within the idle timeout";
        self.plain(Code::DeadlineExceeded, message, "STREAM_IDLE")
    }

    /// PERMISSION_DENIED: the caller's certificate names no client that may call. The log
    /// says whom it names.
    pub fn peer_refused(self) -> Status {
        let message = "the certificate of this client does not allow the call";
        self.plain(Code::PermissionDenied, message, "PEER_REFUSED")
    }

    /// RESOURCE_EXHAUSTED: the headers of the request are longer than any that are needed.
    pub fn headers_too_large(self) -> Status {
        let message = "the metadata of the request is too large";
        self.plain(Code::ResourceExhausted, message, "METADATA_TOO_LARGE")
    }

    /// INVALID_ARGUMENT: the request is not a call of gRPC.
    pub fn not_grpc(self) -> Status {
        let message = "not a call of gRPC: it needs POST and the content type application/grpc";
        self.plain(Code::InvalidArgument, message, "NOT_GRPC")
    }

    /// UNIMPLEMENTED, as for a compression that is not accepted: the content type names a codec of messages
    /// that is not served. gRPC's specification leaves the code open.
    pub fn unsupported_codec(self) -> Status {
        let message =
            "the codec in the content type is not served: send protobuf, as application/grpc";
        self.plain(Code::Unimplemented, message, "UNSUPPORTED_CODEC")
    }

    /// INTERNAL: `grpc-timeout` is not a time. gRPC's specification names no code for it;
    /// this is grpc-go's.
    pub fn malformed_timeout(self) -> Status {
        let message = "malformed grpc-timeout: write up to 8 digits and one of H, M, S, m, u, n";
        self.plain(Code::Internal, message, "MALFORMED_TIMEOUT")
    }

    /// UNIMPLEMENTED, as gRPC's table of codes says: a method that has one request got none or several.
    pub fn not_one_request(self) -> Status {
        let message = "the method takes exactly one request message";
        self.plain(Code::Unimplemented, message, "NOT_ONE_REQUEST")
    }

    /// UNIMPLEMENTED: the requests are compressed in a way that is not accepted. `accepted`
    /// are those that are, for the client to choose from.
    pub fn unsupported_encoding(self, accepted: &'static str) -> Status {
        let message = "the grpc-encoding of the request is not accepted";
        let mut status = self.plain(Code::Unimplemented, message, "UNSUPPORTED_ENCODING");
        let accepted = MetadataValue::from_static(accepted);
        status
            .metadata_mut()
            .insert("grpc-accept-encoding", accepted);
        status
    }

    /// UNAUTHENTICATED: the token with which a stream was opened has expired meanwhile.
    pub fn token_expired(self) -> Status {
        let message = "the token of this call has expired: call again with a new one";
        self.plain(Code::Unauthenticated, message, "TOKEN_EXPIRED")
    }

    /// UNAUTHENTICATED: the call has no token that is trusted. What is wrong with one is
    /// for its span to say, not for who may have forged it.
    pub fn unauthenticated(self) -> Status {
        let message = "the call has no valid token: send one as `authorization: Bearer TOKEN`";
        self.plain(Code::Unauthenticated, message, "UNAUTHENTICATED")
    }

    /// PERMISSION_DENIED: the caller is known, and may not do this.
    pub fn permission_denied(self) -> Status {
        let message = "the caller may not call this method";
        self.plain(Code::PermissionDenied, message, "PERMISSION_DENIED")
    }

    /// UNIMPLEMENTED: there is nothing to be called at this path.
    pub fn no_such_method(self) -> Status {
        self.completed(&Status::unimplemented(""))
    }

    /// RESOURCE_EXHAUSTED: the server has as many calls in flight as it takes.
    pub fn overloaded(self) -> Status {
        let message = "the service has too many calls in flight: try again later";
        self.status(Code::ResourceExhausted, message, "OVERLOADED", retry())
    }

    /// RESOURCE_EXHAUSTED: the caller makes more calls a second than one may; the next
    /// may come after `wait`.
    pub fn rate_limited(self, wait: Duration) -> Status {
        let message = "the caller makes too many calls a second: try again later";
        let details = ErrorDetails::with_retry_info(Some(wait));
        self.status(Code::ResourceExhausted, message, "CALLER_RATE", details)
    }

    /// RESOURCE_EXHAUSTED: the caller has as many calls in flight as one may have.
    pub fn too_many_calls(self) -> Status {
        let message = "the caller has too many calls in flight: try again later";
        self.status(Code::ResourceExhausted, message, "CALLER_CALLS", retry())
    }

    /// RESOURCE_EXHAUSTED: the caller has as many streams open as one may have.
    pub fn too_many_streams(self) -> Status {
        let message = "the caller has too many streams open: end some, or try again later";
        self.status(Code::ResourceExhausted, message, "CALLER_STREAMS", retry())
    }

    /// RESOURCE_EXHAUSTED: the address of the caller has as many calls open as one may have.
    pub fn too_many_streams_of_address(self) -> Status {
        let message =
            "too many calls are open from the address of the caller: end some, or try again later";
        self.status(Code::ResourceExhausted, message, "ADDRESS_STREAMS", retry())
    }

    /// RESOURCE_EXHAUSTED: the service holds as many bytes of requests from the address of the
    /// caller as it may.
    pub fn too_many_bytes_of_address(self) -> Status {
        let message = "too many bytes of requests from the address of the caller are waiting: try again later";
        self.status(Code::ResourceExhausted, message, "ADDRESS_BYTES", retry())
    }

    /// UNAVAILABLE: the server stops, and the grace period of calls in flight is over.
    pub fn stopping(self) -> Status {
        let message = "the service is stopping: try again on another connection";
        // Another server may respond at once.
        let details = ErrorDetails::with_retry_info(Some(Duration::ZERO));
        self.status(Code::Unavailable, message, "STOPPING", details)
    }

    /// INTERNAL: a defect of the service. The cause is in the log, not here.
    pub fn internal(self) -> Status {
        let message =
            "an internal error occurred: the log of the service has it under this trace id";
        self.plain(Code::Internal, message, "INTERNAL")
    }

    /// A status that a library made, with our details and, where it is wrong, our code.
    pub fn completed(self, status: &Status) -> Status {
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
        self.plain(code, message, reason)
    }
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
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const DOMAIN: ErrorDomain = ErrorDomain::new("orders.v1");

    #[test]
    fn every_error_names_its_reason_and_its_domain() {
        for (status, reason) in [
            (DOMAIN.deadline_exceeded(), "DEADLINE_EXCEEDED"),
            (DOMAIN.overloaded(), "OVERLOADED"),
            (DOMAIN.internal(), "INTERNAL"),
        ] {
            let details = status.get_error_details();
            let info = details.error_info().unwrap();
            assert_eq!((&*info.reason, &*info.domain), (reason, "orders.v1"));
        }
    }

    #[test]
    fn advice_to_retry_is_also_sent_as_pushback() {
        let millis = |status: &Status| status.metadata().get(PUSHBACK).cloned();
        assert_eq!(millis(&DOMAIN.overloaded()).unwrap(), "1000");
        let wait = Duration::from_micros(1500);
        assert_eq!(millis(&DOMAIN.rate_limited(wait)).unwrap(), "2");
        assert_eq!(millis(&DOMAIN.internal()), None);
    }

    #[test]
    fn a_message_that_is_too_large_exhausts_a_resource() {
        let by_tonic = Status::out_of_range("Error, decoded message length too large");

        let status = DOMAIN.completed(&by_tonic);

        assert_eq!(status.code(), Code::ResourceExhausted);
        assert_eq!(
            status.get_error_details().error_info().unwrap().reason,
            "MESSAGE_TOO_LARGE"
        );
    }
}
