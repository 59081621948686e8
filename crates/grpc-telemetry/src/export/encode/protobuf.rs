//! Protocol Buffers, as far as spans need them: what has its default value is left out,
//! except where a function says that it isn't.

/// Wire types, the low bits of a key.
const VARINT: u32 = 0;
const FIXED_64: u32 = 1;
pub(super) const LENGTH: u32 = 2;
const FIXED_32: u32 = 5;

/// The least length that does not fit into one byte.
pub(super) const SHORT: usize = 0x80;

#[inline]
fn key(out: &mut Vec<u8>, field: u32, wire_type: u32) {
    put_varint(out, u64::from(field << 3 | wire_type));
}

#[inline]
fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The bytes of a number.
#[inline]
pub(super) fn length_of(value: u64) -> usize {
    // One for each seven bits, and one for 0.
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// The bytes of a field with `length` bytes, whose number is below 16.
#[inline]
pub(super) fn length_of_bytes(length: usize) -> usize {
    1 + length_of(length as u64) + length
}

/// The beginning of a field that `length` bytes follow.
#[inline]
pub(super) fn head(out: &mut Vec<u8>, field: u32, length: usize) {
    key(out, field, LENGTH);
    put_varint(out, length as u64);
}

/// A number, also when it is 0.
#[inline]
pub(super) fn number(out: &mut Vec<u8>, field: u32, value: u64) {
    key(out, field, VARINT);
    put_varint(out, value);
}

#[inline]
pub(super) fn number_if_any(out: &mut Vec<u8>, field: u32, value: u64) {
    if value != 0 {
        number(out, field, value);
    }
}

/// Eight bytes, also when they are 0.
#[inline]
pub(super) fn fixed64(out: &mut Vec<u8>, field: u32, value: u64) {
    key(out, field, FIXED_64);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Four bytes, also when they are 0.
#[inline]
pub(super) fn fixed32(out: &mut Vec<u8>, field: u32, value: u32) {
    key(out, field, FIXED_32);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Bytes or a text, also when it is empty.
#[inline]
pub(super) fn bytes(out: &mut Vec<u8>, field: u32, value: &[u8]) {
    head(out, field, value.len());
    out.extend_from_slice(value);
}

#[inline]
pub(super) fn bytes_if_any(out: &mut Vec<u8>, field: u32, value: &[u8]) {
    if !value.is_empty() {
        bytes(out, field, value);
    }
}

/// A message, which `write` writes. What is long is copied once more.
#[inline]
pub(super) fn message(out: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    key(out, field, LENGTH);
    let place = out.len();
    out.push(0);
    write(out);
    let length = out.len() - place - 1;
    if length < SHORT {
        out[place] = length as u8;
        return;
    }
    lengthen(out, place, length);
}

/// Makes room for a length of several bytes where there is room for one.
#[cold]
fn lengthen(out: &mut Vec<u8>, place: usize, length: usize) {
    let mut digits = Vec::with_capacity(10);
    put_varint(&mut digits, length as u64);
    out.splice(place..=place, digits);
}
