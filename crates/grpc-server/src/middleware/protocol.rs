//! What makes a request of HTTP a call of gRPC whose messages are understood.
//!
//! A web page can send simple requests (GET, or POST of `text/plain`) to any server that its
//! reader reaches. tonic's services read such a body as messages, and where callers are
//! trusted by their network or certificate it would be obeyed.

use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};

use crate::ErrorDomain;

/// The content type of gRPC; `+` with a codec, and parameters, may follow.
const GRPC: &[u8] = b"application/grpc";

/// Why a request is not a call that can be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Violation {
    /// It is not a POST.
    Method,
    /// It has not one content type of gRPC.
    ContentType,
    /// It is a call of gRPC, but its messages are not protobuf, nor in another codec that is served.
    Codec,
}

/// What is wrong with `request`, where `codecs` are served besides protobuf.
pub(super) fn violation<B>(request: &Request<B>, codecs: &[&str]) -> Option<Violation> {
    if request.method() != Method::POST {
        return Some(Violation::Method);
    }
    let mut types = request.headers().get_all(CONTENT_TYPE).iter();
    let (Some(content_type), None) = (types.next(), types.next()) else {
        return Some(Violation::ContentType);
    };
    match after_grpc(content_type.as_bytes()) {
        None => Some(Violation::ContentType),
        Some(suffix) if is_protobuf(suffix) || is_one_of(codecs, suffix) => None,
        Some(_) => Some(Violation::Codec),
    }
}

/// The response to such a request. It has a status of gRPC in any case, for clients, spans and metrics;
/// that of HTTP is an error where gRPC's specification says so: for what is no client of gRPC.
pub(super) fn refusal<B: Default>(domain: ErrorDomain, violation: Violation) -> Response<B> {
    let (http, status) = match violation {
        Violation::Method => (StatusCode::METHOD_NOT_ALLOWED, domain.not_grpc()),
        Violation::ContentType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, domain.not_grpc()),
        Violation::Codec => (StatusCode::OK, domain.unsupported_codec()),
    };
    let mut response = status.into_http();
    *response.status_mut() = http;
    if violation == Violation::Method {
        let allowed = HeaderValue::from_static("POST");
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

/// What follows gRPC's own content type in `content_type`: nothing, a codec or parameters.
fn after_grpc(content_type: &[u8]) -> Option<&[u8]> {
    let (start, suffix) = content_type.split_at_checked(GRPC.len())?;
    let is_grpc =
        start.eq_ignore_ascii_case(GRPC) && matches!(suffix.first(), None | Some(b'+' | b';'));
    is_grpc.then_some(suffix)
}

fn is_protobuf(suffix: &[u8]) -> bool {
    let codec = suffix.split(|byte| *byte == b';').next();
    codec.is_none_or(|codec| {
        codec.is_empty() || codec.trim_ascii_end().eq_ignore_ascii_case(b"+proto")
    })
}

/// To the letter, as the services tell them apart.
fn is_one_of(codecs: &[&str], suffix: &[u8]) -> bool {
    let codec = suffix.strip_prefix(b"+");
    codec.is_some_and(|codec| codecs.iter().any(|it| it.as_bytes() == codec))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const CODECS: &[&str] = &["thrift"];

    fn violation_of(method: Method, types: &[&str]) -> Option<Violation> {
        let mut request = Request::builder().method(method);
        for content_type in types {
            request = request.header(CONTENT_TYPE, *content_type);
        }
        violation(&request.body(()).unwrap(), CODECS)
    }

    #[test]
    fn posts_of_grpc_are_calls() {
        for content_type in [
            "application/grpc",
            "application/grpc+proto",
            "application/grpc;charset=utf-8",
            "application/grpc+proto; charset=utf-8",
            "Application/gRPC+Proto",
            "application/grpc+thrift",
        ] {
            assert_eq!(violation_of(Method::POST, &[content_type]), None);
        }
    }

    #[test]
    fn other_content_types_are_unsupported() {
        let grpc = "application/grpc";
        for types in [
            &[][..],
            &[""],
            &["text/plain"],
            &["application/json"],
            &["application/grpc-web"],
            &["application/grpcx"],
            &["application/grp"],
            &["text/plain, application/grpc"],
            &[grpc, "text/plain"],
            &[grpc, grpc],
        ] {
            let found = violation_of(Method::POST, types);
            assert_eq!(found, Some(Violation::ContentType), "{types:?}");
        }
        let refused = refusal::<()>(ErrorDomain::new("a"), Violation::ContentType);
        assert_eq!(refused.status(), 415);
        assert_eq!(refused.headers()["grpc-status"], "3");
    }

    #[test]
    fn other_codecs_are_unimplemented() {
        for content_type in [
            "application/grpc+json",
            "application/grpc+protobuf",
            "application/grpc+",
            "application/grpc+thrifty",
            "application/grpc+thrift;version=1",
        ] {
            let found = violation_of(Method::POST, &[content_type]);
            assert_eq!(found, Some(Violation::Codec), "{content_type}");
        }
        let refused = refusal::<()>(ErrorDomain::new("a"), Violation::Codec);
        assert_eq!(refused.status(), 200);
        assert_eq!(refused.headers()["grpc-status"], "12");
    }

    #[test]
    fn other_methods_are_not_allowed() {
        for method in [Method::GET, Method::PUT, Method::OPTIONS, Method::CONNECT] {
            let found = violation_of(method, &["application/grpc"]);
            assert_eq!(found, Some(Violation::Method));
        }
        let refused = refusal::<()>(ErrorDomain::new("a"), Violation::Method);
        assert_eq!(refused.status(), 405);
        assert_eq!(refused.headers()[ALLOW], "POST");
        assert_eq!(refused.headers()["grpc-status"], "3");
    }
}
