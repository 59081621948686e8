#![expect(clippy::unwrap_used, reason = "tests")]

use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::TraceContextExt;

use super::*;

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn metadata(pairs: &[(&'static str, &'static str)]) -> MetadataMap {
    let mut metadata = MetadataMap::new();
    for (name, value) in pairs {
        metadata.append(*name, MetadataValue::from_static(value));
    }
    metadata
}

#[test]
fn a_context_survives_the_wire() {
    let received = metadata(&[
        ("traceparent", TRACEPARENT),
        ("tracestate", "vendor=opaque"),
        ("baggage", "tenant=acme"),
    ]);
    let mut sent = MetadataMap::new();

    inject(&extract(&received), &mut sent);

    assert_eq!(sent.get("traceparent").unwrap(), TRACEPARENT);
    assert_eq!(sent.get("tracestate").unwrap(), "vendor=opaque");
    assert_eq!(sent.get("baggage").unwrap(), "tenant=acme");
}

#[test]
fn lists_in_several_headers_are_read_whole() {
    let context = extract(&metadata(&[
        ("traceparent", TRACEPARENT),
        ("tracestate", "a=1"),
        ("tracestate", "b=2"),
        ("baggage", "x=1"),
        ("baggage", "y=2"),
    ]));

    let span = context.span();
    assert_eq!(span.span_context().trace_state().header(), "a=1,b=2");
    assert_eq!(context.baggage().get("y").unwrap().as_str(), "2");
}

#[test]
fn two_traceparents_are_none() {
    let context = extract(&metadata(&[
        ("traceparent", TRACEPARENT),
        ("traceparent", TRACEPARENT),
    ]));

    assert!(!context.span().span_context().is_valid());
}

#[test]
fn no_empty_header_is_sent() {
    let mut sent = MetadataMap::new();

    inject(
        &extract(&metadata(&[("traceparent", TRACEPARENT)])),
        &mut sent,
    );

    assert!(sent.get("tracestate").is_none());
    assert!(sent.get("baggage").is_none());
}
