//! What is written is what the SDK's own exporter would have sent.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use opentelemetry::trace::{
    Event, Link, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState, TracerProvider,
};
use opentelemetry::{Array, InstrumentationScope, StringValue, Value};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::Link as SentLink;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use prost::Message;

use super::*;
use crate::spans::RecordingLimits;
use crate::spans::tests::{Kept, provider};

const KINDS: [SpanKind; 5] = [
    SpanKind::Internal,
    SpanKind::Server,
    SpanKind::Client,
    SpanKind::Producer,
    SpanKind::Consumer,
];

fn context(flags: u8, is_remote: bool, state: TraceState) -> SpanContext {
    SpanContext::new(
        TraceId::from(u128::MAX - 7),
        SpanId::from(9),
        TraceFlags::new(flags),
        is_remote,
        state,
    )
}

fn attributes() -> Vec<KeyValue> {
    let texts = ["", "ä", "text"].map(StringValue::from);
    vec![
        KeyValue::new("", ""),
        KeyValue::new("short", "text"),
        KeyValue::new("long", "ü".repeat(10_000)),
        KeyValue::new("longer than a byte can say".repeat(10), "text"),
        KeyValue::new("true", true),
        KeyValue::new("false", false),
        KeyValue::new("zero", 0),
        KeyValue::new("negative", i64::MIN),
        KeyValue::new("number", 0.25),
        KeyValue::new("negative zero", -0.0),
        KeyValue::new("texts", Value::Array(Array::String(texts.into()))),
        KeyValue::new("numbers", Value::Array(Array::I64(vec![0, -1, 300]))),
        KeyValue::new("fractions", Value::Array(Array::F64(vec![0.0, 1.5]))),
        KeyValue::new("flags", Value::Array(Array::Bool(vec![true, false]))),
        KeyValue::new("nothing", Value::Array(Array::I64(Vec::new()))),
    ]
}

/// A span that says nothing that it needn't say.
fn bare(number: u64) -> SpanData {
    SpanData {
        span_context: context(1, false, TraceState::NONE),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: KINDS[number as usize % KINDS.len()].clone(),
        name: "".into(),
        start_time: UNIX_EPOCH,
        end_time: UNIX_EPOCH + Duration::from_nanos(number),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("").build(),
    }
}

/// A span that says all that one can say.
fn full(number: u64) -> SpanData {
    let mut events = SpanEvents::default();
    events.dropped_count = 3;
    for (dropped, attributes) in [(0, Vec::new()), (1_000, attributes())] {
        let time = UNIX_EPOCH + Duration::from_secs(number);
        events
            .events
            .push(Event::new("event", time, attributes, dropped));
    }
    let state = TraceState::from_key_value([("a", "1"), ("b", "2")]).unwrap();
    let mut links = SpanLinks::default();
    links.dropped_count = 200;
    for (is_remote, attributes) in [(false, Vec::new()), (true, attributes())] {
        let context = context(0, is_remote, state.clone());
        links.links.push(Link::new(context, attributes, 5));
    }
    let scope = InstrumentationScope::builder(format!("scope {}", number % 3))
        .with_version("1.2.3")
        .with_schema_url("https://example.com/schema")
        .with_attributes(attributes());
    SpanData {
        span_context: context(3, false, state),
        parent_span_id: SpanId::from(number),
        parent_span_is_remote: number.is_multiple_of(2),
        name: "users.v1.UserService/GetUser".into(),
        attributes: attributes(),
        dropped_attributes_count: 128,
        events,
        links,
        status: match number % 2 {
            0 => Status::Ok,
            _ => Status::error("why"),
        },
        instrumentation_scope: scope.build(),
        ..bare(number)
    }
}

fn resource() -> Resource {
    Resource::builder_empty()
        .with_attributes(attributes())
        .with_schema_url([], "https://example.com/schema")
        .build()
}

/// `span` as it is written while it is made.
fn encoded(span: &SpanData, encoder: Encoder) -> EncodedSpan {
    let head = SpanHead {
        context: &span.span_context,
        parent_id: span.parent_span_id,
        is_remote: span.parent_span_is_remote,
        kind: span.span_kind.clone(),
        time: span.start_time,
    };
    let mut out = head.encode();
    for KeyValue { key, value, .. } in &span.attributes {
        encoder.attribute(&mut out, 9, key.as_str(), value);
    }
    for it in &span.events.events {
        let attributes = (&it.attributes[..], it.dropped_attributes_count);
        encoder.event(&mut out, &it.name, it.timestamp, attributes);
    }
    for it in &span.links.links {
        let attributes = (&it.attributes[..], it.dropped_attributes_count);
        encoder.link(&mut out, &it.span_context, attributes);
    }
    let tail = SpanTail {
        name: &span.name,
        time: span.end_time,
        dropped_attributes: span.dropped_attributes_count,
        dropped_events: span.events.dropped_count,
        dropped_links: span.links.dropped_count,
        status: &span.status,
    };
    tail.write(&mut out);
    let tracers = provider(&Kept::default(), RecordingLimits::default());
    EncodedSpan::new(
        tracers.tracer_with_scope(span.instrumentation_scope.clone()),
        out,
    )
}

fn sent(resource: &Resource, spans: Vec<SpanData>, encoder: Encoder) -> ExportTraceServiceRequest {
    let mut batch = SpanBatch::default();
    for some in spans.chunks(spans.len().div_ceil(2)) {
        let mut other = SpanBatch::default();
        some.iter().for_each(|it| other.add(&encoded(it, encoder)));
        batch.append(other);
    }
    assert_eq!(batch.count(), spans.len());
    let bytes = batch.request(&EncodedResource::new(resource));
    ExportTraceServiceRequest::decode(&*bytes).unwrap()
}

fn by_the_sdk(resource: &Resource, spans: Vec<SpanData>) -> ExportTraceServiceRequest {
    let resource_spans = group_spans_by_resource_and_scope(spans, &resource.into());
    ExportTraceServiceRequest { resource_spans }
}

#[test]
fn a_request_is_the_one_that_the_sdk_would_send() {
    let spans: Vec<_> = (0..20).flat_map(|it| [bare(it), full(it)]).collect();
    for resource in [resource(), Resource::builder_empty().build()] {
        assert_eq!(
            sent(&resource, spans.clone(), UNLIMITED),
            by_the_sdk(&resource, spans.clone())
        );
    }
}

#[test]
fn a_time_before_1970_is_1970() {
    let span = SpanData {
        start_time: UNIX_EPOCH - Duration::from_secs(1),
        ..bare(1)
    };

    let request = sent(&resource(), vec![span], UNLIMITED);

    let span = &request.resource_spans[0].scope_spans[0].spans[0];
    assert_eq!(span.start_time_unix_nano, 0);
}

#[test]
fn texts_are_cut_wherever_they_are() {
    let limit = 3;
    let mut spans = vec![full(1), full(2)];
    let resource = resource();

    let request = sent(
        &resource,
        spans.clone(),
        Encoder {
            value_length: Some(limit),
        },
    );

    spans.iter_mut().for_each(|span| cut_texts(span, limit));
    assert_eq!(request, by_the_sdk(&resource, spans));
    let link: &SentLink = &request.resource_spans[0].scope_spans[0].spans[0].links[1];
    assert_eq!(link.attributes[2].key, "long");
}

/// Cuts all texts in the attributes of `span`, its events and links.
fn cut_texts(span: &mut SpanData, limit: usize) {
    let events = span.events.events.iter_mut().map(|it| &mut it.attributes);
    let links = span.links.links.iter_mut().map(|it| &mut it.attributes);
    let all = events.chain(links).chain([&mut span.attributes]);
    let start = |text: &StringValue| -> StringValue {
        let start: String = text.as_str().chars().take(limit).collect();
        start.into()
    };
    for attribute in all.flatten() {
        match &mut attribute.value {
            Value::String(text) => *text = start(text),
            Value::Array(Array::String(texts)) => {
                texts.iter_mut().for_each(|text| *text = start(text));
            }
            _ => {}
        }
    }
}
