//! Spans as OTLP has them, written without an object in between: the SDK's exporter copies
//! each span, makes a message of it and measures that before it writes the first byte.

mod attribute;
mod batch;
mod protobuf;
mod request;
mod span;

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, TraceState};

pub(crate) use self::batch::SpanBatch;
use self::protobuf::{bytes, bytes_if_any, fixed32, fixed64, message, number_if_any};
pub(crate) use self::request::{EncodedResource, EncodedScope, EncodedSpan};
pub(crate) use self::span::{SpanHead, SpanTail};

/// The bits of a span's flags that say whether its parent is remote: that it is known, and that it is so.
const REMOTE_IS_KNOWN: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;

/// For what describes the process: the limits are those of spans.
const UNLIMITED: Encoder = Encoder { value_length: None };

/// Some attributes, and how many more there were.
pub(crate) type Limited<'a> = (&'a [KeyValue], u32);

/// Writes what is added to a span.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Encoder {
    /// Characters of a text attribute.
    pub(crate) value_length: Option<usize>,
}

impl Encoder {
    pub(crate) fn event(
        self,
        out: &mut Vec<u8>,
        name: &str,
        time: SystemTime,
        (attributes, dropped): Limited<'_>,
    ) {
        message(out, 11, |out| {
            fixed64(out, 1, nanoseconds(time));
            bytes_if_any(out, 2, name.as_bytes());
            for attribute in attributes {
                self.attribute(out, 3, attribute.key.as_str(), &attribute.value);
            }
            number_if_any(out, 4, dropped.into());
        });
    }

    pub(crate) fn link(
        self,
        out: &mut Vec<u8>,
        context: &SpanContext,
        (attributes, dropped): Limited<'_>,
    ) {
        message(out, 13, |out| {
            write_ids(out, context);
            for attribute in attributes {
                self.attribute(out, 4, attribute.key.as_str(), &attribute.value);
            }
            number_if_any(out, 5, dropped.into());
            fixed32(out, 6, flags(context, context.is_remote()));
        });
    }
}

fn write_ids(out: &mut Vec<u8>, context: &SpanContext) {
    bytes(out, 1, &context.trace_id().to_bytes());
    bytes(out, 2, &context.span_id().to_bytes());
    let state = context.trace_state();
    if *state != TraceState::NONE {
        bytes_if_any(out, 3, state.header().as_bytes());
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

#[cfg(test)]
mod tests;
