//! OTLP over HTTP with protobuf, by the paths of the specification, with gzip or without.

use std::io::Read;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use flate2::read::MultiGzDecoder;
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

async fn spans(State(store): State<Arc<Store>>, headers: HeaderMap, body: Bytes) -> Answer {
    Ok(store.take_spans(decode(&headers, body)?).encode_to_vec())
}

async fn logs(State(store): State<Arc<Store>>, headers: HeaderMap, body: Bytes) -> Answer {
    Ok(store.take_logs(decode(&headers, body)?).encode_to_vec())
}

async fn metrics(State(store): State<Arc<Store>>, headers: HeaderMap, body: Bytes) -> Answer {
    Ok(store.take_metrics(decode(&headers, body)?).encode_to_vec())
}

fn decode<T: Message + Default>(headers: &HeaderMap, body: Bytes) -> Result<T, StatusCode> {
    let body = match headers.get(CONTENT_ENCODING).map(|it| it.as_bytes()) {
        None | Some(b"identity") => body,
        Some(b"gzip") => inflated(&body)?,
        Some(_) => return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE),
    };
    T::decode(body).map_err(|_| StatusCode::BAD_REQUEST)
}

/// What is in `body`, if that is not more than a message may have.
fn inflated(body: &[u8]) -> Result<Bytes, StatusCode> {
    let mut message = Vec::new();
    let most = MAX_MESSAGE_BYTES as u64 + 1;
    let mut reader = MultiGzDecoder::new(body).take(most);
    let read = reader.read_to_end(&mut message);
    match read.map_err(|_| StatusCode::BAD_REQUEST)? > MAX_MESSAGE_BYTES {
        true => Err(StatusCode::PAYLOAD_TOO_LARGE),
        false => Ok(message.into()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::io::Write;

    use axum::http::HeaderValue;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

    use super::*;

    fn gzip(content: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap().into()
    }

    fn decoded(encoding: &'static str, body: Bytes) -> Result<(), StatusCode> {
        let value = HeaderValue::from_static(encoding);
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, value)]);
        decode::<ExportTraceServiceRequest>(&headers, body).map(drop)
    }

    #[test]
    fn a_body_may_be_compressed_but_not_without_a_bound() {
        let bomb = gzip(&vec![0; MAX_MESSAGE_BYTES + 1]);
        let table = [
            ("gzip", gzip(b""), Ok(())),
            ("identity", Bytes::new(), Ok(())),
            ("gzip", gzip(b"x"), Err(StatusCode::BAD_REQUEST)),
            (
                "gzip",
                Bytes::from_static(b"x"),
                Err(StatusCode::BAD_REQUEST),
            ),
            ("gzip", bomb, Err(StatusCode::PAYLOAD_TOO_LARGE)),
            (
                "zstd",
                Bytes::new(),
                Err(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            ),
        ];
        for (encoding, body, expected) in table {
            assert_eq!(decoded(encoding, body), expected, "{encoding}");
        }
    }
}
