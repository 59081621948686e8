//! The form of an error, by the protocol of its caller.

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue};

use crate::headers;
use crate::web_text::WebEncoding;

/// The media type of RFC 9457.
pub(super) const PROBLEM: &str = "application/problem+json";
/// What callers of Connect send.
const CONNECT: &str = "connect-protocol-version";

/// How a caller wants errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorForm {
    /// `google.rpc.Status`.
    Status,
    /// RFC 9457.
    Problem,
    /// Connect, of calls that are no stream.
    Connect,
    /// Trailers of gRPC among the headers.
    GrpcWeb(WebEncoding),
}

impl ErrorForm {
    /// The one for a request with `headers`, which may be for a method by its path.
    pub(crate) fn of(headers: &HeaderMap, is_method: bool) -> Self {
        if let Some(encoding) = WebEncoding::of(&headers::media_type(headers)) {
            return Self::GrpcWeb(encoding);
        }
        if is_method || headers.contains_key(CONNECT) {
            return Self::Connect;
        }
        let mut accepted = headers.get_all(ACCEPT).iter();
        let is_problem = |value: &HeaderValue| value.to_str().is_ok_and(|it| it.contains(PROBLEM));
        match accepted.any(is_problem) {
            true => Self::Problem,
            false => Self::Status,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_TYPE;

    use super::*;

    #[test]
    fn the_protocol_of_a_caller_is_in_its_headers() {
        let none = HeaderMap::new();
        assert_eq!(ErrorForm::of(&none, false), ErrorForm::Status);
        assert_eq!(ErrorForm::of(&none, true), ErrorForm::Connect);
        let problem = HeaderValue::from_static("text/html, application/problem+json");
        let headers = HeaderMap::from_iter([(ACCEPT, problem)]);
        assert_eq!(ErrorForm::of(&headers, false), ErrorForm::Problem);
        let web = HeaderValue::from_static("application/grpc-web+json");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, web)]);
        let binary = ErrorForm::GrpcWeb(WebEncoding::Binary);
        assert_eq!(ErrorForm::of(&headers, true), binary);
    }
}
