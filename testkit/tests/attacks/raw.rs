//! Callers of the service that are not ours.

use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use testkit::UserService;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{Bytes, Service};
use tonic::transport::{Channel, Endpoint};

/// A connection to the service.
pub(crate) async fn channel(service: &UserService) -> Channel {
    let endpoint = Endpoint::from_shared(service.grpc_url().to_owned()).unwrap();
    endpoint.connect().await.unwrap()
}

/// A call of `path` with one message, whatever it is.
pub(crate) fn call(path: &str, message: &[u8]) -> Request<Body> {
    let body = Full::new(Bytes::copy_from_slice(message));
    Request::post(path)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Body::new(body))
        .unwrap()
}

/// Sends a request that need not be one of gRPC, and returns what came back:
/// the code of HTTP, and the status of gRPC if there is one.
pub(crate) async fn send(
    channel: &mut Channel,
    request: Request<Body>,
) -> (StatusCode, Option<Status>) {
    std::future::poll_fn(|task| channel.poll_ready(task))
        .await
        .unwrap();
    let (head, body) = channel.call(request).await.unwrap().into_parts();
    let trailers = body.collect().await.unwrap().trailers().cloned();
    let status = Status::from_header_map(&head.headers)
        .or_else(|| Status::from_header_map(&trailers.unwrap_or_default()));
    (head.status, status)
}
