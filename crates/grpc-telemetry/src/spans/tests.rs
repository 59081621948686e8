//! Spans as a processor gets them.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::trace::{
    Event, Link, Span as _, SpanBuilder, SpanContext, SpanId, Status, TraceContextExt, TraceFlags,
    TraceId, TraceState, Tracer as _, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span as Sent;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SpanLimits};
use prost::Message;

use super::*;

/// A processor that keeps what it gets. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept(Arc<Mutex<Vec<EndedSpan>>>);

impl Kept {
    /// The spans so far.
    pub(crate) fn spans(&self) -> Vec<EndedSpan> {
        self.0.lock().unwrap().clone()
    }

    /// As a receiver reads them.
    pub(crate) fn decoded(&self) -> Vec<Sent> {
        let spans = self.spans();
        let spans = spans.iter().map(|it| Sent::decode(it.encoded.bytes()));
        spans.collect::<Result<_, _>>().unwrap()
    }
}

impl Processor for Kept {
    fn take(&self, span: EndedSpan) {
        self.0.lock().unwrap().push(span);
    }

    fn flush(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn stop(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// A provider of tracers whose spans are all recorded and go to `kept`.
pub(crate) fn provider(kept: &Kept, limits: RecordingLimits) -> SpanProvider {
    let sampler = Box::new(Sampler::AlwaysOn);
    SpanProvider::new(sampler, limits, vec![Box::new(kept.clone())])
}

/// A tracer whose spans go to `kept`.
pub(crate) fn tracer(kept: &Kept) -> Tracer {
    provider(kept, RecordingLimits::default()).tracer("test")
}

fn attributes(count: i64) -> Vec<KeyValue> {
    (0..count).map(|it| KeyValue::new("number", it)).collect()
}

fn remote() -> Context {
    let flags = TraceFlags::new(0b10);
    let state = TraceState::from_key_value([("a", "1")]).unwrap();
    let context = SpanContext::new(TraceId::from(7), SpanId::from(9), flags, true, state);
    Context::new().with_remote_span_context(context)
}

#[test]
fn a_span_continues_the_trace_of_its_parent() {
    let kept = Kept::default();
    let tracer = tracer(&kept);
    let outer = Context::new().with_span(tracer.start_with_context("outer", &remote()));
    tracer.start_with_context("inner", &outer).end();
    outer.span().end();

    let spans = kept.decoded();
    let [inner, outer] = &spans[..] else {
        unreachable!()
    };
    assert_eq!(outer.trace_id, TraceId::from(7).to_bytes());
    assert_eq!(outer.parent_span_id, SpanId::from(9).to_bytes());
    assert_eq!(outer.trace_state, "a=1");
    assert_eq!(outer.flags, 0x303);
    assert_eq!(inner.parent_span_id, outer.span_id);
    assert_eq!(inner.flags, 0x103);
    let roots: Vec<_> = kept.spans().iter().map(|it| it.is_local_root).collect();
    assert_eq!(roots, [false, true]);
}

#[test]
fn a_span_says_what_it_is_told_until_it_ends() {
    let kept = Kept::default();
    let start = UNIX_EPOCH + Duration::from_secs(1);
    let mut builder = SpanBuilder::from_name("before").with_start_time(start);
    builder.links = Some(vec![Link::with_context(SpanContext::NONE)]);
    builder.events = Some(vec![Event::with_name("first")]);
    builder.attributes = Some(attributes(1));
    let mut span = tracer(&kept).build_with_context(builder, &Context::new());
    span.update_name("after");
    span.set_attribute(KeyValue::new("text", "one"));
    span.add_event("second", attributes(2));
    span.set_status(Status::Ok);
    span.set_status(Status::error("not as good"));
    assert!(span.is_recording());
    span.end_with_timestamp(start + Duration::from_nanos(5));
    assert!(!span.is_recording());
    span.set_attribute(KeyValue::new("late", 1));
    span.end();
    drop(span);

    let spans = kept.decoded();
    assert_eq!(spans.len(), 1);
    let span = &spans[0];
    assert_eq!(span.name, "after");
    assert_eq!(span.attributes.len(), 2);
    let events: Vec<_> = span.events.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(events, ["first", "second"]);
    assert_eq!(span.links.len(), 1);
    assert_eq!(span.status.as_ref().unwrap().code, 1);
    assert_eq!(span.end_time_unix_nano - span.start_time_unix_nano, 5);
}

#[test]
fn what_is_beyond_the_limits_is_counted() {
    let kept = Kept::default();
    let limits = RecordingLimits {
        counts: SpanLimits {
            max_attributes_per_span: 2,
            max_events_per_span: 1,
            max_links_per_span: 1,
            max_attributes_per_event: 1,
            max_attributes_per_link: 3,
        },
        value_length: Some(2),
    };
    let mut span = provider(&kept, limits).tracer("test").start("span");
    span.set_attribute(KeyValue::new("text", "long"));
    for attribute in attributes(4) {
        span.set_attribute(attribute);
    }
    for _ in 0..3 {
        span.add_event("event", attributes(3));
        span.add_link(SpanContext::NONE, attributes(5));
    }
    drop(span);

    let spans = kept.decoded();
    let span = &spans[0];
    assert_eq!(
        (span.attributes.len(), span.dropped_attributes_count),
        (2, 3)
    );
    let text = span.attributes[0].value.clone().and_then(|it| it.value);
    assert_eq!(text, Some(Value::StringValue("lo".to_owned())));
    assert_eq!((span.events.len(), span.dropped_events_count), (1, 2));
    assert_eq!(span.events[0].dropped_attributes_count, 2);
    assert_eq!((span.links.len(), span.dropped_links_count), (1, 2));
    assert_eq!(span.links[0].dropped_attributes_count, 2);
}

#[test]
fn a_span_that_is_not_sampled_has_ids_and_nothing_else() {
    let kept = Kept::default();
    let processors: Vec<Box<dyn Processor>> = vec![Box::new(kept.clone())];
    let never = SpanProvider::new(
        Box::new(Sampler::AlwaysOff),
        RecordingLimits::default(),
        processors,
    );
    let span = never.tracer("test").start_with_context("span", &remote());
    assert!(span.span_context().is_valid() && !span.span_context().is_sampled());
    assert!(!span.is_recording());
    drop(span);

    let provider = provider(&kept, RecordingLimits::default());
    let suppressed = Context::new().with_telemetry_suppressed();
    let tracer = provider.tracer("test");
    let inside_an_export = tracer.start_with_context("span", &suppressed);
    assert!(!inside_an_export.span_context().is_valid());
    let unfinished = tracer.start("span");
    provider.stop(Duration::ZERO).unwrap();
    assert!(!tracer.start("span").span_context().is_valid());
    drop(unfinished);

    assert!(kept.spans().is_empty());
}
