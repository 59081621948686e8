//! The `b3` header of Zipkin: a trace in one line, for callers that know nothing else.

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

use super::carrier::trim;
use super::remote::Received;
use super::traceparent::{Traceparent, digits, write_digits};

/// Reads `trace-span`, `trace-span-sampled` or `trace-span-sampled-parent`. A caller that
/// leaves the sampling to us counts as not sampled, as a span context has no third state.
pub(super) fn parse(value: &[u8]) -> Option<Received> {
    let mut parts = trim(value).split(|byte| *byte == b'-');
    let trace_id = trace_id(parts.next()?)?;
    let span_id = SpanId::from_bytes(digits(parts.next()?)?);
    let sampled = match parts.next() {
        Some(b"1" | b"d") => true,
        None | Some(b"0") => false,
        Some(_) => return None,
    };
    let parent: Option<[u8; 8]> = match parts.next() {
        Some(parent) => Some(digits(parent)?),
        None => None,
    };
    let valid = trace_id != TraceId::INVALID && span_id != SpanId::INVALID;
    if !valid || parent == Some([0; 8]) || parts.next().is_some() {
        return None;
    }
    let parent = Traceparent {
        trace_id,
        span_id,
        flags: TraceFlags::default().with_sampled(sampled),
    };
    Some(Received::new(parent, TraceState::NONE))
}

/// Of 16 bytes, or the last 8 of them.
fn trace_id(text: &[u8]) -> Option<TraceId> {
    if let Some(short) = digits::<8>(text) {
        return Some(TraceId::from(u128::from(u64::from_be_bytes(short))));
    }
    Some(TraceId::from_bytes(digits(text)?))
}

pub(super) fn write(span: &SpanContext) -> [u8; 51] {
    let mut value = *b"00000000000000000000000000000000-0000000000000000-0";
    write_digits(&span.trace_id().to_bytes(), &mut value[..32]);
    write_digits(&span.span_id().to_bytes(), &mut value[33..49]);
    if span.is_sampled() {
        value[50] = b'1';
    }
    value
}
