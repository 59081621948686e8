//! Failures of the layers and the libraries, made into complete gRPC statuses.

mod body;

use std::any::Any;

use grpc_telemetry::rpc::code_of;
use http::{HeaderMap, Response};
use http_body::Body as HttpBody;
use prost::bytes::Bytes;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::load_shed::error::Overloaded;

use self::body::CompleteBody;
use crate::ErrorDomain;
use crate::call::BoxError;

/// Makes every failure of the layers inside a response, and every response that
/// is an error one with our details. Never an `Err`; the type is what tower asks for.
pub(super) fn complete<B>(
    domain: ErrorDomain,
    result: Result<Response<B>, BoxError>,
) -> Result<Response<CompleteBody<B>>, BoxError>
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>>,
{
    let response = match result {
        Ok(response) => response,
        Err(error) => return Ok(of_error(domain, error.as_ref()).into_http()),
    };
    match made_by_library(response.headers()) {
        Some(status) => Ok(domain.completed(&status).into_http()),
        None => Ok(response.map(|body| CompleteBody::new(body, domain))),
    }
}

/// The error that these headers or trailers carry, if it lacks our details.
fn made_by_library(headers: &HeaderMap) -> Option<Status> {
    let failed = code_of(headers).is_some_and(|code| code != Code::Ok);
    if !failed || headers.contains_key(Status::GRPC_STATUS_DETAILS) {
        return None;
    }
    Status::from_header_map(headers)
}

fn of_error(domain: ErrorDomain, error: &(dyn std::error::Error + 'static)) -> Status {
    if let Some(status) = error.downcast_ref::<Status>() {
        return status.clone();
    }
    if error.is::<Overloaded>() {
        return domain.overloaded();
    }
    tracing::error!(%error, "a layer failed");
    domain.internal()
}

/// The answer to a call that panicked.
pub(super) fn of_panic(domain: ErrorDomain, panic: Box<dyn Any + Send>) -> Response<Body> {
    panicked(domain, panic).into_http()
}

/// The status of a call that panicked. What it said goes to the log.
fn panicked(domain: ErrorDomain, panic: Box<dyn Any + Send>) -> Status {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(panic = message, "a call panicked");
    domain.internal()
}
