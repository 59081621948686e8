//! What makes a request of HTTP a call of gRPC.
//!
//! A web page can send simple requests (GET, or POST of `text/plain`) to any server that its
//! reader reaches. tonic's services read such a body as messages, and where callers are
//! trusted by their network or certificate it would be obeyed.

use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use tonic::Status;

use crate::ErrorDomain;

/// The content type of gRPC; `+proto` and parameters may follow.
const GRPC: &[u8] = b"application/grpc";

/// The status of HTTP for a request that is not a call of gRPC: 405 unless it is a POST,
/// and 415 unless its content type is one of gRPC's.
pub(super) fn violation<B>(request: &Request<B>) -> Option<StatusCode> {
    if request.method() != Method::POST {
        return Some(StatusCode::METHOD_NOT_ALLOWED);
    }
    let mut types = request.headers().get_all(CONTENT_TYPE).iter();
    match (types.next(), types.next()) {
        (Some(content_type), None) if is_grpc(content_type) => None,
        _ => Some(StatusCode::UNSUPPORTED_MEDIA_TYPE),
    }
}

/// The response to such a request. It has a status of gRPC as well, for clients, spans and metrics.
pub(super) fn refusal<B: Default>(domain: ErrorDomain, http: StatusCode) -> Response<B> {
    let status: Status = domain.not_grpc();
    let mut response = status.into_http();
    *response.status_mut() = http;
    if http == StatusCode::METHOD_NOT_ALLOWED {
        let allowed = HeaderValue::from_static("POST");
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

fn is_grpc(content_type: &HeaderValue) -> bool {
    let bytes = content_type.as_bytes();
    let Some((start, rest)) = bytes.split_at_checked(GRPC.len()) else {
        return false;
    };
    start.eq_ignore_ascii_case(GRPC) && matches!(rest.first(), None | Some(b'+' | b';'))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn violation_of(method: Method, types: &[&str]) -> Option<u16> {
        let mut request = Request::builder().method(method);
        for content_type in types {
            request = request.header(CONTENT_TYPE, *content_type);
        }
        violation(&request.body(()).unwrap()).map(|http| http.as_u16())
    }

    #[test]
    fn posts_of_grpc_are_calls() {
        for content_type in [
            "application/grpc",
            "application/grpc+proto",
            "application/grpc;charset=utf-8",
            "Application/gRPC",
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
            assert_eq!(violation_of(Method::POST, types), Some(415), "{types:?}");
        }
    }

    #[test]
    fn other_methods_are_not_allowed() {
        for method in [Method::GET, Method::PUT, Method::OPTIONS, Method::CONNECT] {
            assert_eq!(violation_of(method, &["application/grpc"]), Some(405));
        }
        let refused: Response<()> = refusal(ErrorDomain::new("a"), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(refused.status(), 405);
        assert_eq!(refused.headers()[ALLOW], "POST");
        assert_eq!(refused.headers()["grpc-status"], "3");
    }
}
