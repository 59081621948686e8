//! The `traceparent` header.

use opentelemetry::trace::{SpanId, TraceFlags, TraceId};

use super::carrier::trim;

/// The flag of a trace id whose last 7 bytes are random.
pub(super) const RANDOM: TraceFlags = TraceFlags::new(0b10);
/// The flags that have a meaning; the others are sent as 0.
const KNOWN: TraceFlags = TraceFlags::new(0b11);
/// The version that no header may have.
const INVALID_VERSION: u8 = 0xff;
/// `00-`, 32 digits, `-`, 16 digits, `-`, 2 digits.
const LENGTH: usize = 55;

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Traceparent {
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    pub(super) flags: TraceFlags,
}

/// Reads the only value of the header: two of them contradict each other.
pub(super) fn parse_only<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Option<Traceparent> {
    let only = values.next()?;
    match values.next() {
        Some(_) => None,
        None => parse(only),
    }
}

/// A version that is not known yet is read as far as version 00 goes.
fn parse(value: &[u8]) -> Option<Traceparent> {
    let (known, later) = trim(value).split_at_checked(LENGTH)?;
    let [version] = digits(&known[..2])?;
    let separators = [known[2], known[35], known[52]];
    if version == INVALID_VERSION || separators != *b"---" {
        return None;
    }
    match later {
        [] => {}
        [b'-', ..] if version > 0 => {}
        _ => return None,
    }
    let trace_id = TraceId::from_bytes(digits(&known[3..35])?);
    let span_id = SpanId::from_bytes(digits(&known[36..52])?);
    let [flags] = digits(&known[53..])?;
    if trace_id == TraceId::INVALID || span_id == SpanId::INVALID {
        return None;
    }
    Some(Traceparent {
        trace_id,
        span_id,
        flags: TraceFlags::new(flags) & KNOWN,
    })
}

/// The header of version 00.
pub(super) fn write(trace_id: TraceId, span_id: SpanId, flags: TraceFlags) -> [u8; LENGTH] {
    let mut value = *b"00-00000000000000000000000000000000-0000000000000000-00";
    write_digits(&trace_id.to_bytes(), &mut value[3..35]);
    write_digits(&span_id.to_bytes(), &mut value[36..52]);
    write_digits(&[flags.to_u8()], &mut value[53..]);
    value
}

pub(super) fn is_random(flags: TraceFlags) -> bool {
    flags & RANDOM == RANDOM
}

/// Bytes from hexadecimal digits, of which only the lower-case ones count.
pub(super) fn digits<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let (pairs, []) = text.as_chunks::<2>() else {
        return None;
    };
    if pairs.len() != N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

/// Writes two lower-case digits for each of `bytes` into `text`.
pub(super) fn write_digits(bytes: &[u8], text: &mut [u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (byte, pair) in bytes.iter().zip(text.chunks_exact_mut(2)) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 0xf)];
    }
}
