//! What both halves export of a call is one trace.

use std::process::{Command, Output};

use grpc_telemetry::receiver::{ReceivedSpan, Receiver, text};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use crate::server::{Server, receiver};

fn client(receiver: &Receiver, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_orders-client"))
        .args(arguments)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .output()
        .unwrap()
}

fn of_kind(spans: &[ReceivedSpan], kind: SpanKind) -> &ReceivedSpan {
    let mut found = spans.iter().filter(|it| it.span.kind() == kind);
    let span = found.next().unwrap();
    assert!(found.next().is_none(), "more than one {kind:?}");
    span
}

/// Calls `arguments` once; both processes have ended, and so flushed, when the spans are read.
async fn assert_one_trace(arguments: &[&str], method: &str, code: &str) -> String {
    let receiver = receiver().await;
    let server = Server::start(&receiver, &[("ORDERS_PAUSE_MS", "1")]);
    let called = client(&receiver, &[&[&*server.url()], arguments].concat());
    server.stop();

    assert_eq!(called.status.success(), code == "OK", "{called:?}");
    let spans = receiver.spans();
    assert_eq!(spans.len(), 2, "{spans:?}");
    let client = of_kind(&spans, SpanKind::Client);
    let server = of_kind(&spans, SpanKind::Server);
    assert_eq!(client.span.trace_id, server.span.trace_id);
    assert_eq!(client.span.span_id, server.span.parent_span_id);
    for half in [client, server] {
        assert_eq!(half.span.name, method);
        let attribute = |name| text(&half.span.attributes, name);
        assert_eq!(attribute("rpc.response.status_code"), Some(code));
    }
    String::from_utf8(called.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unary_call_is_one_trace() {
    let output = assert_one_trace(&["2"], "orders.v1.Orders/GetOrder", "OK").await;
    assert!(output.starts_with("2 coffee "), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_call_is_one_trace() {
    assert_one_trace(&["99"], "orders.v1.Orders/GetOrder", "NOT_FOUND").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_one_trace_until_its_last_message() {
    let arguments = ["1", "--watch"];
    let output = assert_one_trace(&arguments, "orders.v1.Orders/WatchOrders", "OK").await;
    assert!(output.ends_with("1 tea DELIVERED\n"), "{output}");
}
