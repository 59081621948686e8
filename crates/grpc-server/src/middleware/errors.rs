//! Failures of the layers and the libraries, made into complete gRPC statuses.

use std::any::Any;

use grpc_telemetry::rpc::code_of;
use http::{HeaderMap, Response};
use http_body::Frame;
use tonic::{Code, Status};

use crate::ErrorDomain;
use crate::call::BoxError;

/// The response that the layers inside came to.
///
/// # Errors
/// Its status with our details, if there is no response or it is an error without them.
pub(super) fn complete<B>(
    domain: ErrorDomain,
    result: Result<Response<B>, BoxError>,
) -> Result<Response<B>, Status> {
    let response = match result {
        Ok(response) => response,
        Err(error) => return Err(of_error(domain, error.as_ref())),
    };
    match made_by_library(response.headers()) {
        Some(status) => Err(domain.completed(&status)),
        None => Ok(response),
    }
}

/// The frame, with our details if it is an error without them.
pub(super) fn completed<D>(domain: ErrorDomain, frame: Frame<D>) -> Frame<D> {
    match frame.trailers_ref().and_then(made_by_library) {
        Some(status) => Frame::trailers(trailers(&domain.completed(&status))),
        None => frame,
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
    tracing::error!(%error, "a layer failed");
    domain.internal()
}

/// The status of a call that panicked. What it said goes to the log.
pub(super) fn panicked(domain: ErrorDomain, panic: Box<dyn Any + Send>) -> Status {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(panic = message, "a call panicked");
    domain.internal()
}

/// `status` as trailers.
pub(super) fn trailers(status: &Status) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    // It fails for a message that is no header value; tonic encodes all that may be one.
    let _ = status.add_header(&mut trailers);
    trailers
}
