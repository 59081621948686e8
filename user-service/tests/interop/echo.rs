//! Metadata that a caller gets back, whatever it calls: in the head and in the trailers.

use std::future::ready;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;
use http_body_util::BodyExt;

const INITIAL: &str = "x-grpc-test-echo-initial";
const TRAILING: &str = "x-grpc-test-echo-trailing-bin";

pub(crate) async fn echo(request: Request, next: Next) -> Response {
    let initial = request.headers().get(INITIAL).cloned();
    let trailing = request.headers().get(TRAILING).cloned();
    let mut response = next.run(request).await;
    if let Some(value) = initial {
        response.headers_mut().insert(INITIAL, value);
    }
    let Some(value) = trailing else {
        return response;
    };
    let mut trailers = HeaderMap::new();
    trailers.insert(TRAILING, value);
    response.map(|body| Body::new(body.with_trailers(ready(Some(Ok(trailers))))))
}
