use axum::body::{Body, to_bytes};
use axum::http::Request;
use grpc_telemetry::receiver::{ReceivedSpan, Sink};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::live::LiveLimits;

/// Text that an attacker would put everywhere.
const SCRIPT: &str = "<script>alert(1)</script>\"><img src=x onerror='alert(2)'>{{body}}";
const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn attribute(key: &str) -> Value {
    json!({"key": key, "value": {"stringValue": SCRIPT}})
}

/// An export of the spans with these ids, the first of them as the root.
fn export(spans: usize) -> ExportTraceServiceRequest {
    let spans: Vec<Value> = (1..=spans)
        .map(|id| {
            json!({
                "traceId": ID,
                "spanId": format!("{id:016x}"),
                "parentSpanId": if id == 1 { "" } else { "0000000000000001" },
                "name": SCRIPT,
                "kind": 2,
                "traceState": SCRIPT,
                "startTimeUnixNano": "1700000000000000000",
                "endTimeUnixNano": "1700000000020000000",
                "attributes": [attribute(SCRIPT)],
                "events": [{"timeUnixNano": "1700000000010000000", "name": SCRIPT, "attributes": [attribute("a")]}],
                "links": [{"traceId": ID, "spanId": "00000000000000ff", "attributes": [attribute("b")]}],
                "status": {"code": 2, "message": SCRIPT},
            })
        })
        .collect();
    serde_json::from_value(json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": SCRIPT}}, attribute("c")]},
        "scopeSpans": [{"scope": {"name": SCRIPT}, "spans": spans}],
    }]}))
    .unwrap()
}

fn pages(spans: usize) -> Router {
    let live = Arc::new(Live::new(LiveLimits::default()));
    assert!(live.take_spans(export(spans)).partial_success.is_none());
    router(live, CancellationToken::new())
}

async fn get(pages: &Router, host: &str, path: &str) -> (StatusCode, String, String) {
    let request = Request::get(path).header("host", host);
    let request = request.body(Body::empty()).unwrap();
    let response = pages.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, policy, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn text_of_spans_is_never_markup() {
    let pages = pages(2);
    for path in ["/", "/?service=%22%3E%3Cscript%3E", &format!("/trace/{ID}")] {
        let (status, policy, html) = get(&pages, "localhost:4319", path).await;
        assert_eq!(status, 200);
        assert_eq!(html.matches("<script>").count(), 1, "{html}");
        for wrong in ["<img", "<script>alert", "onerror='", " style="] {
            assert!(!html.contains(wrong), "{wrong} in {html}");
        }
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );
        assert_eq!(policy.matches("'sha256-").count(), 2, "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
    let (_, _, html) = get(&pages, "localhost:4319", &format!("/trace/{ID}")).await;
    for shown in [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "{{body}}",
        "STATUS_CODE_ERROR",
        "Event &lt;script&gt;",
        "after 10.0 ms",
        &format!("Link to <a href=\"/trace/{ID}\">"),
    ] {
        assert!(html.contains(shown), "{shown} in {html}");
    }
}

#[tokio::test]
async fn the_list_has_what_matches_the_search() {
    let pages = pages(1);
    let row = format!("<a href=\"/trace/{ID}\">");
    for (query, expected) in [
        ("", true),
        ("?errors=1&name=ALERT", true),
        ("?slower=19ms", true),
        ("?slower=20ms", false),
        ("?service=shop", false),
    ] {
        let (_, _, html) = get(&pages, "[::1]:4319", &format!("/{query}")).await;
        assert_eq!(html.contains(&row), expected, "{query}");
    }
}

#[tokio::test]
async fn a_name_that_leads_here_by_dns_rebinding_gets_nothing() {
    let pages = pages(1);
    for path in ["/", "/events", &format!("/api/v3/traces/{ID}")] {
        let (status, _, body) = get(&pages, "evil.example:4319", path).await;
        assert_eq!(status, 421, "{path}");
        assert!(
            body.starts_with("open this page by its IP address"),
            "{body}"
        );
    }
}

#[tokio::test]
async fn one_trace_is_otlp_in_json_as_jaeger_returns_it() {
    let pages = pages(3);
    let (status, _, body) = get(&pages, "127.0.0.1", &format!("/api/v3/traces/{ID}")).await;
    assert_eq!(status, 200);
    let mut body: Value = serde_json::from_str(&body).unwrap();
    let export: ExportTraceServiceRequest = serde_json::from_value(body["result"].take()).unwrap();
    let spans: Vec<_> = ReceivedSpan::of_batches(export.resource_spans).collect();
    assert_eq!(spans.len(), 3);
    assert_eq!(spans[2].service_name(), SCRIPT);
    for (id, expected) in [("f".repeat(32), 404), ("xyz".to_owned(), 400)] {
        let (status, _, body) = get(&pages, "127.0.0.1", &format!("/api/v3/traces/{id}")).await;
        assert_eq!(status, expected);
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["error"]["httpCode"], expected);
    }
}

#[tokio::test]
async fn a_large_trace_is_shown_in_part_and_what_is_unknown_not_at_all() {
    let pages = pages(2_003);
    let (_, _, html) = get(&pages, "127.0.0.1", &format!("/trace/{ID}")).await;
    assert_eq!(html.matches("<details ").count(), 2_000);
    assert!(html.contains("… and 3 more spans."));
    for path in ["/trace/1", &format!("/trace/{}", "0".repeat(32)), "/other"] {
        let (status, _, html) = get(&pages, "127.0.0.1", path).await;
        assert_eq!(status, 404, "{path}");
        assert!(html.contains("There is no such page"), "{html}");
    }
}
