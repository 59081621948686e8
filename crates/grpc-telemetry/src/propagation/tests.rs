#![expect(clippy::unwrap_used, reason = "tests")]

mod baggage;
mod carriers;
mod random;
mod traceparent;
mod tracestate;

use opentelemetry::trace::{SpanId, TraceContextExt, TraceFlags, TraceId};

use super::*;
use crate::environment::Environment;

const TRACE: &str = "12345678901234567890123456789012";
const SPAN: &str = "1234567890123456";
/// A valid traceparent of [`TRACE`].
const PARENT: &str = "00-12345678901234567890123456789012-1234567890123456-00";

fn metadata(headers: &[(&str, &str)]) -> HeaderMap {
    let mut metadata = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes()).unwrap();
        metadata.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    metadata
}

/// What a service sends on that received `headers`, from a span of its own as the SDK makes it.
fn sent_on(headers: &[(&str, &str)]) -> HeaderMap {
    let received = Propagator::DEFAULT.extract(&metadata(headers));
    sent_from(&received, SpanId::from(7))
}

fn sent_from(received: &Context, span_id: SpanId) -> HeaderMap {
    let span = received.span();
    let parent = span.span_context();
    let trace_id = match parent.is_valid() {
        true => parent.trace_id(),
        false => TraceId::from(u128::MAX),
    };
    let child = SpanContext::new(
        trace_id,
        span_id,
        parent.trace_flags(),
        false,
        parent.trace_state().clone(),
    );
    let mut sent = HeaderMap::new();
    Propagator::DEFAULT.inject(&received.with_remote_span_context(child), &mut sent);
    sent
}

fn header(metadata: &HeaderMap, name: &'static str) -> Option<String> {
    let mut values = metadata.get_all(name).iter();
    let value = values
        .next()
        .map(|value| value.to_str().unwrap().to_owned());
    assert!(values.next().is_none(), "{name} is sent twice");
    value
}

/// The trace that is sent on for `headers`.
fn trace_of(headers: &[(&str, &str)]) -> String {
    let traceparent = header(&sent_on(headers), "traceparent").unwrap();
    assert_eq!(traceparent.len(), 55, "{traceparent}");
    assert!(traceparent.starts_with("00-"), "{traceparent}");
    assert_ne!(&traceparent[36..52], SPAN);
    traceparent[3..35].to_owned()
}

/// The tracestate that is sent on for these ones, after a valid traceparent.
fn state_of(values: &[&str]) -> Option<String> {
    let mut headers = vec![("traceparent", PARENT)];
    headers.extend(values.iter().map(|value| ("tracestate", *value)));
    assert_eq!(trace_of(&headers), TRACE, "{values:?}");
    header(&sent_on(&headers), "tracestate")
}

#[test]
fn propagators_are_a_list() {
    let w3c = Propagator::DEFAULT;
    let table = [
        ("", w3c),
        ("tracecontext,baggage", w3c),
        ("none", Propagator::NONE),
        (
            "b3",
            Propagator {
                b3: true,
                ..Propagator::NONE
            },
        ),
        (
            "baggage, jaeger",
            Propagator {
                baggage: true,
                ..Propagator::NONE
            },
        ),
    ];
    let table = table
        .into_iter()
        .chain([("jaeger", w3c), ("TraceContext,BAGGAGE", w3c)]);
    for (value, expected) in table {
        let environment = Environment::of(&[("OTEL_PROPAGATORS", value)]);
        assert_eq!(Propagator::of(&environment), expected, "{value}");
    }
    let kitex = Propagator::of(&Environment::of(&[("KITEX_COMPAT", "true")]));
    assert_eq!(kitex, Propagator { kitex: true, ..w3c });
}
