use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};

use super::*;

fn attribute(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(value.to_owned())),
        }),
        ..KeyValue::default()
    }
}

fn received(span: otlp::Span) -> ReceivedSpan {
    ReceivedSpan {
        resource: Arc::new(vec![attribute("service.name", "user-service")]),
        scope: Arc::default(),
        span,
    }
}

fn call(code: &str, status: otlp::status::StatusCode) -> otlp::Span {
    otlp::Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: "user.v1.UserService/GetUser".to_owned(),
        kind: otlp::span::SpanKind::Client.into(),
        start_time_unix_nano: 10,
        end_time_unix_nano: 30,
        attributes: vec![
            attribute("rpc.system.name", "grpc"),
            attribute("rpc.response.status_code", code),
        ],
        status: Some(otlp::Status {
            code: status.into(),
            message: String::new(),
        }),
        ..otlp::Span::default()
    }
}

#[test]
fn a_good_call_has_no_note() {
    let span = Span::from_otlp(&received(call("OK", otlp::status::StatusCode::Unset))).unwrap();
    assert_eq!(span.service, "user-service");
    assert_eq!(span.kind, Kind::Client);
    assert_eq!(span.parent, None);
    assert_eq!(span.duration(), 20);
    assert!(span.rpc);
    assert_eq!(span.note(), None);
}

#[test]
fn an_error_is_marked_and_an_expected_code_is_only_named() {
    let failed = call("NOT_FOUND", otlp::status::StatusCode::Error);
    let answered = call("NOT_FOUND", otlp::status::StatusCode::Unset);
    let note = |span| Span::from_otlp(&received(span)).unwrap().note();
    assert_eq!(note(failed).as_deref(), Some("✗ NOT_FOUND"));
    assert_eq!(note(answered).as_deref(), Some("NOT_FOUND"));
}

#[test]
fn an_error_without_a_code_says_its_message() {
    let mut span = call("OK", otlp::status::StatusCode::Error);
    span.attributes.clear();
    let note = |span: &otlp::Span| Span::from_otlp(&received(span.clone())).unwrap().note();
    assert_eq!(note(&span).as_deref(), Some("✗ ERROR"));
    span.status.as_mut().unwrap().message = "disk full\nat line 3".to_owned();
    assert_eq!(note(&span).as_deref(), Some("✗ disk full"));
}

#[test]
fn malformed_ids_make_no_span() {
    for (trace_id, span_id) in [
        (vec![0; 16], vec![2; 8]),
        (vec![1; 15], vec![2; 8]),
        (vec![1; 16], vec![]),
    ] {
        let span = otlp::Span {
            trace_id,
            span_id,
            ..otlp::Span::default()
        };
        assert_eq!(Span::from_otlp(&received(span)), None);
    }
}

#[test]
fn a_span_that_ends_before_it_starts_takes_no_time() {
    let mut span = call("OK", otlp::status::StatusCode::Unset);
    span.end_time_unix_nano = 1;
    assert_eq!(Span::from_otlp(&received(span)).unwrap().duration(), 0);
}
