//! OTLP over HTTP by the paths of the specification: protobuf or JSON, with gzip or without.

mod decode;
mod format;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::decode::{Refused, decode};
use self::format::Format;
use super::Sink;

/// What the handlers share.
#[derive(Clone)]
struct Shared {
    sink: Arc<dyn Sink>,
    max_bytes: usize,
}

type Body = Result<Bytes, BytesRejection>;

/// The paths of all signals, for `sink`. A body has at most `max_bytes`, also once it is inflated.
pub(super) fn router(sink: Arc<dyn Sink>, max_bytes: usize) -> Router {
    Router::new()
        .route("/v1/traces", post(spans))
        .route("/v1/logs", post(logs))
        .route("/v1/metrics", post(metrics))
        .layer(DefaultBodyLimit::max(max_bytes))
        .with_state(Shared { sink, max_bytes })
}

async fn spans(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    let take = |request| shared.sink.take_spans(request);
    respond(shared.max_bytes, &headers, body, take)
}

async fn logs(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    let take = |request| shared.sink.take_logs(request);
    respond(shared.max_bytes, &headers, body, take)
}

async fn metrics(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    let take = |request| shared.sink.take_metrics(request);
    respond(shared.max_bytes, &headers, body, take)
}

/// The response in the format of the request, as the specification has it.
fn respond<Q, A>(
    max_bytes: usize,
    headers: &HeaderMap,
    body: Body,
    take: impl FnOnce(Q) -> A,
) -> Response
where
    Q: Message + Default + DeserializeOwned,
    A: Message + Serialize,
{
    let Some(format) = Format::of(headers) else {
        return Format::Protobuf.refusal(&Refused::MediaType);
    };
    let body = body.map_err(|rejection| Refused::Body(rejection.status()));
    match body.and_then(|body| decode(format, headers, body, max_bytes)) {
        Ok(request) => format.success(&take(request)),
        Err(refused) => format.refusal(&refused),
    }
}
