//! OTLP over HTTP with protobuf, by the paths of the specification.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use prost::Message;
use prost::bytes::Bytes;

use super::MAX_MESSAGE_BYTES;
use super::store::Store;

/// The response of a handler.
type Answer = Result<Vec<u8>, StatusCode>;

pub(super) fn router(store: Arc<Store>) -> Router {
    Router::new()
        .route("/v1/traces", post(spans))
        .route("/v1/logs", post(logs))
        .route("/v1/metrics", post(metrics))
        .layer(DefaultBodyLimit::max(MAX_MESSAGE_BYTES))
        .with_state(store)
}

async fn spans(State(store): State<Arc<Store>>, body: Bytes) -> Answer {
    Ok(store.take_spans(decode(body)?).encode_to_vec())
}

async fn logs(State(store): State<Arc<Store>>, body: Bytes) -> Answer {
    Ok(store.take_logs(decode(body)?).encode_to_vec())
}

async fn metrics(State(store): State<Arc<Store>>, body: Bytes) -> Answer {
    Ok(store.take_metrics(decode(body)?).encode_to_vec())
}

fn decode<T: Message + Default>(body: Bytes) -> Result<T, StatusCode> {
    T::decode(body).map_err(|_| StatusCode::BAD_REQUEST)
}
