//! Trailers of calls that succeed, which tonic's services can't set.

use std::future::ready;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;
use http_body_util::BodyExt;

/// The trailers of a response, among its extensions.
#[derive(Clone, Debug)]
pub(crate) struct Trailers(pub(crate) HeaderMap);

/// Sends what the service has put among the extensions.
pub(crate) async fn send(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let Some(Trailers(trailers)) = response.extensions_mut().remove() else {
        return response;
    };
    response.map(|body| Body::new(body.with_trailers(ready(Some(Ok(trailers))))))
}
