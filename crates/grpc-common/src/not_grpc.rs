//! Responses that are not gRPC: of a proxy or a web server at the address of a service.

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response, StatusCode};
use tonic::{Code, Status};

/// The content type of gRPC, which a format may follow.
const GRPC: &str = "application/grpc";
/// More of a content type is not shown, in bytes.
const SHOWN_BYTES: usize = 100;

/// A response that is not gRPC: it has no `grpc-status`, and an HTTP status other than 200
/// or a content type other than `application/grpc`. Its body is not messages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("HTTP status {status}, {content_type}")]
pub struct NotGrpc {
    status: StatusCode,
    content_type: String,
}

impl NotGrpc {
    /// `response`, if it is gRPC.
    ///
    /// # Errors
    /// What it is otherwise.
    pub fn check<B>(response: Response<B>) -> Result<Response<B>, Self> {
        let (status, headers) = (response.status(), response.headers());
        let is_grpc = status == StatusCode::OK && has_content_type(headers);
        match is_grpc || headers.contains_key(Status::GRPC_STATUS) {
            true => Ok(response),
            false => Err(Self {
                status,
                content_type: shown(headers),
            }),
        }
    }

    /// Its code, by the [mapping] of HTTP statuses to codes of gRPC; UNKNOWN for 200.
    ///
    /// [mapping]: https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
    pub fn code(&self) -> Code {
        code_of_http(self.status).unwrap_or(Code::Unknown)
    }
}

impl From<NotGrpc> for Status {
    fn from(cause: NotGrpc) -> Self {
        let message = format!("the peer does not speak gRPC: {cause}");
        let mut status = Self::new(cause.code(), message);
        status.set_source(Arc::new(cause));
        status
    }
}

/// The code of a response that is not one of gRPC, by its HTTP status and the [mapping] of
/// gRPC; none for 200, which says nothing.
///
/// [mapping]: https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
pub fn code_of_http(status: StatusCode) -> Option<Code> {
    match status.as_u16() {
        200 => None,
        400 => Some(Code::Internal),
        401 => Some(Code::Unauthenticated),
        403 => Some(Code::PermissionDenied),
        404 => Some(Code::Unimplemented),
        429 | 502 | 503 | 504 => Some(Code::Unavailable),
        _ => Some(Code::Unknown),
    }
}

/// Whether the content type is that of gRPC, with a format or parameters or without.
fn has_content_type(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).map(|it| it.as_bytes());
    let Some((kind, rest)) = value.and_then(|it| it.split_at_checked(GRPC.len())) else {
        return false;
    };
    kind.eq_ignore_ascii_case(GRPC.as_bytes()) && matches!(rest.first(), None | Some(b'+' | b';'))
}

/// The content type, in words.
fn shown(headers: &HeaderMap) -> String {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return "no content type".to_owned();
    };
    // Visible ASCII, so that it can be cut anywhere and printed.
    let value = value.to_str().unwrap_or("unreadable");
    format!("content type {}", &value[..value.len().min(SHOWN_BYTES)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, content_type: Option<&str>) -> Response<()> {
        let mut response = Response::builder().status(status);
        if let Some(content_type) = content_type {
            response = response.header(CONTENT_TYPE, content_type);
        }
        response.body(()).unwrap()
    }

    #[test]
    fn a_response_of_grpc_passes() {
        for content_type in [
            "application/grpc",
            "application/grpc+proto",
            "application/grpc;charset=utf-8",
            "Application/gRPC",
        ] {
            let checked = NotGrpc::check(response(200, Some(content_type)));
            assert!(checked.is_ok(), "{content_type}");
        }
        let trailers_only = Status::unavailable("not now").into_http::<()>();
        assert!(NotGrpc::check(trailers_only).is_ok());
        let mut of_proxy = response(503, Some("text/html"));
        of_proxy
            .headers_mut()
            .insert(Status::GRPC_STATUS, "14".parse().unwrap());
        assert!(NotGrpc::check(of_proxy).is_ok(), "its status says more");
    }

    #[test]
    fn any_other_has_the_code_of_its_http_status() {
        for (status, code) in [
            (200, Code::Unknown),
            (302, Code::Unknown),
            (400, Code::Internal),
            (401, Code::Unauthenticated),
            (403, Code::PermissionDenied),
            (404, Code::Unimplemented),
            (418, Code::Unknown),
            (429, Code::Unavailable),
            (500, Code::Unknown),
            (502, Code::Unavailable),
            (503, Code::Unavailable),
            (504, Code::Unavailable),
        ] {
            for content_type in [Some("text/html"), Some("application/grpc-web"), None] {
                let found = NotGrpc::check(response(status, content_type)).unwrap_err();
                assert_eq!(found.code(), code, "{status}");
            }
        }
        let found = NotGrpc::check(response(503, Some("application/grpc"))).unwrap_err();
        assert_eq!(found.code(), Code::Unavailable);
    }

    #[test]
    fn its_status_says_what_it_is_in_few_words() {
        let long = format!("text/{}", "x".repeat(10_000));
        let found = NotGrpc::check(response(503, Some(&long))).unwrap_err();
        let status = Status::from(found.clone());
        assert!(status.message().len() < 200);
        assert!(status.message().contains("HTTP status 503"));
        let cause = std::error::Error::source(&status).unwrap();
        assert_eq!(cause.downcast_ref::<NotGrpc>(), Some(&found));
    }
}
