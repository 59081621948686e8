use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::json;

use super::*;
use crate::jaeger::tests::TestServer;

const ID: TraceId = TraceId::from_bytes([0xab; 16]);

/// So long that a test that waits for it fails by its own limit.
const LONG: Duration = Duration::from_secs(600);

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_nanos()).unwrap()
}

/// A server that knows nothing of the trace at the first request, and then one span
/// more each time; all of them ended at `end`.
async fn growing(end: u64) -> (TestServer, Arc<AtomicU64>) {
    let questions = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&questions);
    let answer = move || async move {
        let spans: Vec<_> = (0..count.fetch_add(1, Ordering::Relaxed))
            .map(|id| {
                let id = format!("{:016x}", id + 1);
                json!({"traceId": ID.to_string(), "spanId": id, "endTimeUnixNano": end.to_string()})
            })
            .collect();
        match spans.is_empty() {
            true => (StatusCode::NOT_FOUND, json!({"error": {}}).to_string()),
            false => {
                let batches = json!([{"scopeSpans": [{"spans": spans}]}]);
                let result = json!({"result": {"resourceSpans": batches}});
                (StatusCode::OK, result.to_string())
            }
        }
    };
    let router = Router::new().route("/api/v3/traces/{id}", get(answer));
    (TestServer::start(router).await, questions)
}

#[tokio::test]
async fn a_trace_is_asked_for_until_it_is_done() {
    let (server, questions) = growing(now()).await;
    let done = |spans: &[ReceivedSpan]| spans.len() == 2;
    let spans = server.jaeger().wait_for(ID, LONG, done).await.unwrap();
    assert_eq!(spans.len(), 2);
    assert_eq!(questions.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_trace_that_ended_long_ago_is_taken_as_it_is() {
    let (server, questions) = growing(1).await;
    let never = |_: &[ReceivedSpan]| false;
    let spans = server.jaeger().wait_for(ID, LONG, never).await.unwrap();
    assert_eq!(spans.len(), 1);
    assert_eq!(questions.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_trace_that_is_not_done_in_time_is_taken_as_it_is_and_none_is_an_error() {
    let never = |_: &[ReceivedSpan]| false;
    let (server, _) = growing(now()).await;
    let limit = Duration::from_millis(600);
    let spans = server.jaeger().wait_for(ID, limit, never).await.unwrap();
    assert!(!spans.is_empty());

    let (server, _) = growing(now()).await;
    let once = Duration::from_millis(1);
    let error = server.jaeger().wait_for(ID, once, never).await.unwrap_err();
    let QueryError::NotFound { trace_id, waited } = error.cause else {
        panic!("{error:?}");
    };
    assert_eq!((trace_id, waited), (ID, once));
}

#[test]
fn only_a_trace_whose_every_span_ended_a_while_ago_is_settled() {
    let ended = |seconds: u64| ReceivedSpan {
        resource: Arc::default(),
        scope: Arc::default(),
        span: opentelemetry_proto::tonic::trace::v1::Span {
            end_time_unix_nano: seconds * 1_000_000_000,
            ..Default::default()
        },
    };
    let now = UNIX_EPOCH + Duration::from_secs(100);
    assert!(settled(&[ended(70), ended(84)], now));
    assert!(!settled(&[ended(70), ended(90)], now));
    // A clock that is ahead of this one.
    assert!(!settled(&[ended(200)], now));
    assert!(settled(
        &[ended(u64::MAX / 1_000_000_000), ended(1)],
        now + LONG * 100_000_000
    ));
}
