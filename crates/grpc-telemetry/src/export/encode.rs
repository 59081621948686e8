//! Spans as OTLP has them, written without an object in between: the SDK's exporter copies
//! each span, makes a message of it and measures that before it writes the first byte.

mod protobuf;

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use self::protobuf::{bytes, bytes_if_any, fixed32, fixed64, message, number, number_if_any};
use crate::environment::cut;

/// The bits of a span's flags that say whether its parent is remote: that it is known, and that it is so.
const REMOTE_IS_KNOWN: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;

/// Bytes that most spans fit into.
const USUAL_SIZE: usize = 512;

/// Bytes for what a span or scope has around it, and more.
const ROOM: usize = 16;

/// For what describes the process: the limits are those of spans.
const UNLIMITED: Encoder = Encoder { value_length: None };

/// A span ready to export: a message `Span`, and its instrumentation scope.
#[derive(Debug)]
pub(crate) struct EncodedSpan {
    scope: InstrumentationScope,
    bytes: Vec<u8>,
}

/// Writes spans.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Encoder {
    /// Characters of a text attribute.
    pub(crate) value_length: Option<usize>,
}

impl Encoder {
    pub(crate) fn span(self, span: SpanData) -> EncodedSpan {
        let mut out = Vec::with_capacity(USUAL_SIZE);
        self.write_span(&mut out, &span);
        EncodedSpan {
            scope: span.instrumentation_scope,
            bytes: out,
        }
    }

    fn write_span(self, out: &mut Vec<u8>, span: &SpanData) {
        let context = &span.span_context;
        write_ids(out, context);
        if span.parent_span_id != SpanId::INVALID {
            bytes(out, 4, &span.parent_span_id.to_bytes());
        }
        bytes_if_any(out, 5, span.name.as_bytes());
        number(out, 6, kind(&span.span_kind));
        fixed64(out, 7, nanoseconds(span.start_time));
        fixed64(out, 8, nanoseconds(span.end_time));
        self.write_attributes(out, 9, &span.attributes);
        number_if_any(out, 10, span.dropped_attributes_count.into());
        for event in &span.events.events {
            message(out, 11, |out| self.write_event(out, event));
        }
        number_if_any(out, 12, span.events.dropped_count.into());
        for link in &span.links.links {
            message(out, 13, |out| self.write_link(out, link));
        }
        number_if_any(out, 14, span.links.dropped_count.into());
        message(out, 15, |out| write_status(out, &span.status));
        fixed32(out, 16, flags(context, span.parent_span_is_remote));
    }

    fn write_event(self, out: &mut Vec<u8>, event: &Event) {
        fixed64(out, 1, nanoseconds(event.timestamp));
        bytes_if_any(out, 2, event.name.as_bytes());
        self.write_attributes(out, 3, &event.attributes);
        number_if_any(out, 4, event.dropped_attributes_count.into());
    }

    fn write_link(self, out: &mut Vec<u8>, link: &Link) {
        let context = &link.span_context;
        write_ids(out, context);
        self.write_attributes(out, 4, &link.attributes);
        number_if_any(out, 5, link.dropped_attributes_count.into());
        fixed32(out, 6, flags(context, context.is_remote()));
    }

    fn write_attributes(self, out: &mut Vec<u8>, field: u32, attributes: &[KeyValue]) {
        for KeyValue { key, value, .. } in attributes {
            self.write_attribute(out, field, key.as_str(), value);
        }
    }

    fn write_attribute(self, out: &mut Vec<u8>, field: u32, key: &str, value: &Value) {
        message(out, field, |out| {
            bytes_if_any(out, 1, key.as_bytes());
            message(out, 2, |out| self.write_value(out, value));
        });
    }

    fn write_value(self, out: &mut Vec<u8>, value: &Value) {
        match value {
            Value::Bool(value) => number(out, 2, u64::from(*value)),
            Value::I64(value) => number(out, 3, *value as u64),
            Value::F64(value) => fixed64(out, 4, value.to_bits()),
            Value::String(value) => self.write_text(out, value.as_str()),
            Value::Array(array) => message(out, 5, |out| self.write_array(out, array)),
            // None that is known; as text it isn't lost.
            other => self.write_text(out, &other.as_str()),
        }
    }

    fn write_text(self, out: &mut Vec<u8>, text: &str) {
        let text = self.value_length.map_or(text, |limit| cut(text, limit));
        bytes(out, 1, text.as_bytes());
    }

    fn write_array(self, out: &mut Vec<u8>, array: &Array) {
        let mut add = |value: Value| message(out, 1, |out| self.write_value(out, &value));
        match array {
            Array::Bool(values) => values.iter().for_each(|value| add((*value).into())),
            Array::I64(values) => values.iter().for_each(|value| add((*value).into())),
            Array::F64(values) => values.iter().for_each(|value| add((*value).into())),
            Array::String(values) => values.iter().for_each(|value| add(value.clone().into())),
            // None that is known.
            _ => {}
        }
    }
}

fn write_ids(out: &mut Vec<u8>, context: &SpanContext) {
    bytes(out, 1, &context.trace_id().to_bytes());
    bytes(out, 2, &context.span_id().to_bytes());
    bytes_if_any(out, 3, context.trace_state().header().as_bytes());
}

fn write_status(out: &mut Vec<u8>, status: &Status) {
    match status {
        Status::Unset => {}
        Status::Ok => number(out, 3, 1),
        Status::Error { description } => {
            bytes_if_any(out, 2, description.as_bytes());
            number(out, 3, 2);
        }
    }
}

fn kind(kind: &SpanKind) -> u64 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

fn flags(context: &SpanContext, is_remote: bool) -> u32 {
    let remote = if is_remote { IS_REMOTE } else { 0 };
    u32::from(context.trace_flags().to_u8()) | REMOTE_IS_KNOWN | remote
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The resource of spans, as a request has it: the first fields of its `ResourceSpans`.
#[derive(Debug, Default)]
pub(crate) struct EncodedResource(Vec<u8>);

impl EncodedResource {
    pub(crate) fn new(resource: &Resource) -> Self {
        let mut out = Vec::new();
        message(&mut out, 1, |out| {
            for (key, value) in resource {
                UNLIMITED.write_attribute(out, 1, key.as_str(), value);
            }
        });
        bytes_if_any(
            &mut out,
            3,
            resource.schema_url().unwrap_or_default().as_bytes(),
        );
        Self(out)
    }
}

/// An `ExportTraceServiceRequest` with all of `spans`.
pub(crate) fn request(resource: &EncodedResource, spans: &[EncodedSpan]) -> Vec<u8> {
    let size: usize = spans.iter().map(|span| span.bytes.len() + ROOM).sum();
    let mut scopes: Vec<&InstrumentationScope> = Vec::new();
    for span in spans {
        if !scopes.contains(&&span.scope) {
            scopes.push(&span.scope);
        }
    }
    let mut out = Vec::with_capacity(resource.0.len() + size + scopes.len() * ROOM);
    message(&mut out, 1, |out| {
        out.extend_from_slice(&resource.0);
        for scope in scopes {
            message(out, 2, |out| write_scope(out, scope, spans));
        }
    });
    out
}

/// The spans of `scope` among `spans`.
fn write_scope(out: &mut Vec<u8>, scope: &InstrumentationScope, spans: &[EncodedSpan]) {
    message(out, 1, |out| {
        bytes_if_any(out, 1, scope.name().as_bytes());
        bytes_if_any(out, 2, scope.version().unwrap_or_default().as_bytes());
        let attributes = scope.attributes();
        attributes.for_each(|it| UNLIMITED.write_attribute(out, 3, it.key.as_str(), &it.value));
    });
    for span in spans.iter().filter(|span| span.scope == *scope) {
        bytes(out, 2, &span.bytes);
    }
    bytes_if_any(out, 3, scope.schema_url().unwrap_or_default().as_bytes());
}

#[cfg(test)]
mod tests;
