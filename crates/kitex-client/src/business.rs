//! Business errors of Kitex servers, as statuses of gRPC.

use std::collections::HashMap;

use grpc_telemetry::rpc::code_of;
use http::{HeaderMap, Response};
use http_body::Body as _;
use http_body_util::BodyExt;
use kitex_codec::{BusinessError, keys};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// The word for programs where the server sends none.
const REASON: &str = "BUSINESS_ERROR";
/// `ErrorInfo.domain` of what a server sends beside an error.
const DOMAIN: &str = "kitex";

/// The status of a business error: its own if that is a code of gRPC, and otherwise one of the
/// application, which no retry changes. Its extra is in `ErrorInfo`.
pub(crate) fn status(error: &BusinessError) -> Status {
    let (code, message) = match error.status {
        1..=16 => (Code::from(error.status), error.message.clone()),
        status => (
            Code::FailedPrecondition,
            format!("business error {status}: {}", error.message),
        ),
    };
    if error.extra.is_empty() {
        return Status::new(code, message);
    }
    let mut extra: HashMap<_, _> = error.extra.clone().into_iter().collect();
    let reason = extra.remove("reason").unwrap_or_else(|| REASON.to_owned());
    let details = ErrorDetails::with_error_info(reason, DOMAIN, extra);
    Status::with_error_details(code, message, details)
}

/// The `response` of a gRPC server, in which business errors of a Kitex server have the status
/// that they have over Thrift: it sends them as INTERNAL, with the trailer `biz-status`.
pub fn read_business_errors(mut response: Response<Body>) -> Response<Body> {
    read(response.headers_mut());
    if response.body().is_end_stream() {
        return response;
    }
    response.map(|body| {
        Body::new(body.map_frame(|mut frame| {
            if let Some(trailers) = frame.trailers_mut() {
                read(trailers);
            }
            frame
        }))
    })
}

/// Replaces the status among `headers` by that of the business error there, if there is one. A
/// server that chose another code than INTERNAL meant it.
fn read(headers: &mut HeaderMap) {
    if code_of(headers) != Some(Code::Internal) {
        return;
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(number) = text(keys::BUSINESS_STATUS) else {
        return;
    };
    let extra = text(keys::BUSINESS_EXTRA).unwrap_or_default();
    let internal = Status::from_header_map(headers);
    let message = internal.as_ref().map_or("", Status::message);
    let Some(error) = BusinessError::parse(number, message, extra) else {
        return;
    };
    headers.remove(Status::GRPC_STATUS_DETAILS);
    // It fails for a message that can't be a header, which tonic encodes.
    let _ = status(&error).add_header(headers);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: i32) -> BusinessError {
        BusinessError {
            status,
            message: "gone".to_owned(),
            ..BusinessError::default()
        }
    }

    #[test]
    fn business_errors_are_codes_of_grpc_or_of_the_application() {
        for (number, code, message) in [
            (5, Code::NotFound, "gone"),
            (
                40001,
                Code::FailedPrecondition,
                "business error 40001: gone",
            ),
            (-1, Code::FailedPrecondition, "business error -1: gone"),
        ] {
            let status = status(&error(number));
            assert_eq!((status.code(), status.message()), (code, message));
        }
    }

    #[test]
    fn the_extra_is_in_the_details() {
        let mut error = error(5);
        for (key, value) in [("reason", "USER_NOT_FOUND"), ("shard", "7")] {
            error.extra.insert(key.to_owned(), value.to_owned());
        }
        let details = status(&error).get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(info.reason, "USER_NOT_FOUND");
        assert_eq!(info.metadata["shard"], "7");
    }

    #[test]
    fn trailers_of_a_kitex_server_have_the_status_of_the_error() {
        for (code, number, expected) in [
            (Code::Internal, "404", Code::FailedPrecondition),
            (Code::Internal, "5", Code::NotFound),
            (Code::Internal, "0", Code::Internal),
            (Code::Internal, "x", Code::Internal),
            (Code::PermissionDenied, "404", Code::PermissionDenied),
            (Code::Ok, "404", Code::Ok),
        ] {
            let mut response = Status::new(code, "gone").into_http::<Body>();
            let headers = response.headers_mut();
            headers.insert("biz-status", number.parse().unwrap());
            headers.insert("biz-extra", r#"{"reason":"GONE"}"#.parse().unwrap());
            let response = read_business_errors(response);
            assert_eq!(code_of(response.headers()), Some(expected), "{number}");
        }
    }
}
