//! What every span says.

use std::time::SystemTime;

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status};

use super::protobuf::{bytes, bytes_if_any, fixed32, fixed64, message, number, number_if_any};
use super::{flags, nanoseconds, write_ids};

/// Bytes that most spans fit into.
const USUAL_SIZE: usize = 512;

/// What a span says from its start.
pub(crate) struct SpanHead<'a> {
    pub(crate) context: &'a SpanContext,
    /// Invalid for the first span of a trace.
    pub(crate) parent_id: SpanId,
    /// Whether the parent is another process's.
    pub(crate) is_remote: bool,
    pub(crate) kind: SpanKind,
    pub(crate) time: SystemTime,
}

/// What is left to say at its end.
pub(crate) struct SpanTail<'a> {
    pub(crate) name: &'a str,
    pub(crate) time: SystemTime,
    pub(crate) dropped_attributes: u32,
    pub(crate) dropped_events: u32,
    pub(crate) dropped_links: u32,
    pub(crate) status: &'a Status,
}

impl SpanHead<'_> {
    /// The beginning of a span, with room for the rest of it.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(USUAL_SIZE);
        write_ids(&mut out, self.context);
        if self.parent_id != SpanId::INVALID {
            bytes(&mut out, 4, &self.parent_id.to_bytes());
        }
        number(&mut out, 6, kind(&self.kind));
        fixed64(&mut out, 7, nanoseconds(self.time));
        fixed32(&mut out, 16, flags(self.context, self.is_remote));
        out
    }
}

impl SpanTail<'_> {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        bytes_if_any(out, 5, self.name.as_bytes());
        fixed64(out, 8, nanoseconds(self.time));
        number_if_any(out, 10, self.dropped_attributes.into());
        number_if_any(out, 12, self.dropped_events.into());
        number_if_any(out, 14, self.dropped_links.into());
        message(out, 15, |out| write_status(out, self.status));
    }
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
