//! Each request has a deadline, and beyond the limit of concurrent ones it is refused: exporters retry.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use grpc_server::TooManyStreams;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use tokio::time::timeout;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;

/// How long one request may take, from its headers to those of its response: exporters give up after 10 s.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A service of HTTP, within limits.
#[derive(Clone)]
pub(super) struct Limited<S>(pub(super) S);

type Responding = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

impl<S, B> Service<Request<Body>> for Limited<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    S::Future: Send + 'static,
    B: http_body::Body<Data = prost::bytes::Bytes> + Send + 'static,
    B::Error: Into<grpc_server::BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Responding;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(task)
    }

    fn call(&mut self, request: Request<Body>) -> Responding {
        let is_grpc = is_grpc(request.headers());
        if request.extensions().get::<TooManyStreams>().is_some() {
            return Box::pin(async move { Ok(refusal(is_grpc, "too many concurrent requests")) });
        }
        let responding = self.0.call(request);
        Box::pin(async move {
            match timeout(TIMEOUT, responding).await {
                Ok(response) => response.map(|it| it.map(Body::new)),
                Err(_) => Ok(refusal(is_grpc, "the request took too long to arrive")),
            }
        })
    }
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    content_type.is_some_and(|it| it.starts_with(b"application/grpc"))
}

/// A response after which an exporter tries again.
fn refusal(is_grpc: bool, why: &'static str) -> Response<Body> {
    if is_grpc {
        return Status::unavailable(why).into_http();
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_too_many_is_to_be_retried_over_either_protocol() {
        let response = refusal(true, "busy");
        assert_eq!(response.headers()["grpc-status"], "14");
        let response = refusal(false, "busy");
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "1");
    }
}
