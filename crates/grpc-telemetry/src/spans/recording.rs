//! What a span says, as OTLP has it: most fields as they come, the rest at its end. The order of
//! fields has no meaning there.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::SpanLimits;

use super::ended::EndedSpan;
use super::tracer::Tracer;
use crate::export::{EncodedSpan, Encoder, SpanHead, SpanTail};
use crate::names;

/// The field of a span with its attributes.
const ATTRIBUTES: u32 = 9;

/// How much a span may hold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RecordingLimits {
    /// Of attributes, events and links.
    pub(crate) counts: SpanLimits,
    /// Characters of a text attribute.
    pub(crate) value_length: Option<usize>,
}

/// What a span says from its start, besides its context.
pub(crate) struct Start {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: SpanKind,
    pub(crate) time: SystemTime,
}

/// A recorded span.
#[derive(Debug)]
pub(crate) struct Recording {
    tracer: Tracer,
    limits: RecordingLimits,
    bytes: Vec<u8>,
    name: Cow<'static, str>,
    started: SystemTime,
    parent_id: SpanId,
    is_local_root: bool,
    status: Status,
    /// Of a call, whether it went well by its status.
    is_ok: Option<bool>,
    attributes: Count,
    events: Count,
    links: Count,
}

/// How many of a kind were added and dropped.
#[derive(Debug, Default)]
struct Count {
    added: u32,
    dropped: u32,
}

impl Count {
    /// Whether there may be one more by `limit`.
    fn admits(&mut self, limit: u32) -> bool {
        let admits = self.added < limit;
        match admits {
            true => self.added += 1,
            false => self.dropped += 1,
        }
        admits
    }
}

/// What `limit` leaves of `attributes`, and how many it doesn't.
fn limited(attributes: &[KeyValue], limit: u32) -> (&[KeyValue], u32) {
    let kept = attributes.len().min(limit as usize);
    let (kept, dropped) = attributes.split_at(kept);
    (kept, dropped.len() as u32)
}

impl Recording {
    /// Starts the span of `context` below `parent`, which is invalid for the first one of a trace.
    pub(super) fn start(
        tracer: Tracer,
        context: &SpanContext,
        parent: &SpanContext,
        start: Start,
    ) -> Self {
        let is_child = parent.is_valid();
        let parent_id = match is_child {
            true => parent.span_id(),
            false => SpanId::INVALID,
        };
        let head = SpanHead {
            context,
            parent_id,
            is_remote: is_child && parent.is_remote(),
            kind: start.kind,
            time: start.time,
        };
        Self {
            limits: *tracer.provider().limits(),
            tracer,
            bytes: head.encode(),
            name: start.name,
            started: start.time,
            parent_id,
            is_local_root: !is_child || parent.is_remote(),
            status: Status::Unset,
            is_ok: None,
            attributes: Count::default(),
            events: Count::default(),
            links: Count::default(),
        }
    }

    fn encoder(&self) -> Encoder {
        Encoder {
            value_length: self.limits.value_length,
        }
    }

    /// Adds an attribute, unless there are too many.
    pub(crate) fn attribute(&mut self, attribute: &KeyValue) {
        let (name, value) = (attribute.key.as_str(), &attribute.value);
        match value {
            Value::String(text) => self.text(name, text.as_str()),
            value if self.admits_attribute() => {
                let encoder = self.encoder();
                encoder.attribute(&mut self.bytes, ATTRIBUTES, name, value);
            }
            _ => {}
        }
    }

    /// The same, of a text.
    #[inline(always)]
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        if !self.admits_attribute() {
            return;
        }
        if name == names::RPC_RESPONSE_STATUS_CODE {
            self.is_ok.get_or_insert(text == "OK");
        }
        let encoder = self.encoder();
        encoder.text(&mut self.bytes, ATTRIBUTES, name, text);
    }

    /// The same, of a number.
    #[inline(always)]
    pub(crate) fn number(&mut self, name: &str, number: i64) {
        if self.admits_attribute() {
            let encoder = self.encoder();
            encoder.number(&mut self.bytes, ATTRIBUTES, name, number);
        }
    }

    /// The same, of a number that may have a fraction.
    #[inline(always)]
    pub(crate) fn fraction(&mut self, name: &str, number: f64) {
        if self.admits_attribute() {
            let encoder = self.encoder();
            encoder.fraction(&mut self.bytes, ATTRIBUTES, name, number);
        }
    }

    fn admits_attribute(&mut self) -> bool {
        let limit = self.limits.counts.max_attributes_per_span;
        self.attributes.admits(limit)
    }

    pub(super) fn event(&mut self, name: &str, time: SystemTime, attributes: &[KeyValue]) {
        let limits = self.limits.counts;
        if self.events.admits(limits.max_events_per_span) {
            let attributes = limited(attributes, limits.max_attributes_per_event);
            let encoder = self.encoder();
            encoder.event(&mut self.bytes, name, time, attributes);
        }
    }

    pub(super) fn link(&mut self, context: &SpanContext, attributes: &[KeyValue]) {
        let limits = self.limits.counts;
        if self.links.admits(limits.max_links_per_span) {
            let attributes = limited(attributes, limits.max_attributes_per_link);
            let encoder = self.encoder();
            encoder.link(&mut self.bytes, context, attributes);
        }
    }

    pub(super) fn set_name(&mut self, name: Cow<'static, str>) {
        self.name = name;
    }

    /// Sets the status, unless there is a better one: OK is better than an error, and that than none.
    pub(crate) fn set_status(&mut self, status: Status) {
        if status > self.status {
            self.status = status;
        }
    }
}

impl Recording {
    /// Writes what is left, and hands the span on.
    pub(super) fn end(mut self, context: &SpanContext, time: SystemTime) {
        let tail = SpanTail {
            name: &self.name,
            time,
            dropped_attributes: self.attributes.dropped,
            dropped_events: self.events.dropped,
            dropped_links: self.links.dropped,
            status: &self.status,
        };
        tail.write(&mut self.bytes);
        let has_failed = match self.is_ok {
            Some(is_ok) => !is_ok,
            None => matches!(self.status, Status::Error { .. }),
        };
        let provider = self.tracer.provider().clone();
        provider.take(EndedSpan {
            trace_id: context.trace_id(),
            span_id: context.span_id(),
            parent_id: self.parent_id,
            is_local_root: self.is_local_root,
            is_sampled: context.is_sampled(),
            is_call: self.is_ok.is_some(),
            has_failed,
            started: self.started,
            ended: time,
            encoded: EncodedSpan::new(self.tracer, self.bytes),
        });
    }
}
