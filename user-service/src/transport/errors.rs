//! Failures of the layers and the libraries, made into complete gRPC statuses.

use std::any::Any;

use http::Response;
use http_body::Body as HttpBody;
use prost::bytes::Bytes;
use tonic::Status;
use tonic::body::Body;
use tower::load_shed::error::Overloaded;

use super::BoxError;
use crate::status;

/// What carries the `google.rpc` details of a status.
const DETAILS: &str = "grpc-status-details-bin";

/// Makes every failure of the layers inside a response, and every response that
/// is an error one with our details. Never an `Err`; the type is what tower asks for.
pub(super) fn complete<B>(result: Result<Response<B>, BoxError>) -> Result<Response<Body>, BoxError>
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let response = match result {
        Ok(response) => response,
        Err(error) => return Ok(of_error(error.as_ref()).into_http()),
    };
    if response.headers().contains_key(DETAILS) {
        return Ok(response.map(Body::new));
    }
    match Status::from_header_map(response.headers()) {
        Some(made_by_library) if made_by_library.code() != tonic::Code::Ok => {
            Ok(status::completed(&made_by_library).into_http())
        }
        _ => Ok(response.map(Body::new)),
    }
}

fn of_error(error: &(dyn std::error::Error + 'static)) -> Status {
    if error.is::<Overloaded>() {
        return status::overloaded();
    }
    tracing::error!(%error, "a layer failed");
    status::internal()
}

/// The answer to a call that panicked. What it said goes to the log.
pub(super) fn of_panic(panic: Box<dyn Any + Send>) -> Response<Body> {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(message, "a call panicked");
    status::internal().into_http()
}
