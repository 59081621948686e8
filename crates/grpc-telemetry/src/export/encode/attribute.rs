//! Attributes of spans, events, links, scopes and resources.

use opentelemetry::{Array, Value};

use super::Encoder;
use super::protobuf::{
    LENGTH, SHORT, bytes, bytes_if_any, fixed64, head, length_of, length_of_bytes, message, number,
};
use crate::environment::cut;

/// Bytes of a number of fixed size, and of a flag, as the value of an attribute.
const FRACTION: usize = 9;
const FLAG: usize = 2;

/// The beginnings of the key and the value.
const KEY: u8 = (1 << 3 | LENGTH) as u8;
const VALUE: u8 = (2 << 3 | LENGTH) as u8;

/// The beginning of an attribute, in `field`, whose value is to have `length` bytes. With a
/// constant key most of it is computed by the compiler, if it is inlined up to there.
#[inline(always)]
fn begin(out: &mut Vec<u8>, field: u32, key: &str, length: usize) {
    // With a length of one byte each for the key and the value.
    let whole = 4 + key.len() + length;
    if key.is_empty() || whole >= SHORT {
        return begin_long(out, field, key, length);
    }
    let head = [
        (field << 3 | LENGTH) as u8,
        whole as u8,
        KEY,
        key.len() as u8,
    ];
    out.extend_from_slice(&head);
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(&[VALUE, length as u8]);
}

/// The same, of any length.
#[cold]
fn begin_long(out: &mut Vec<u8>, field: u32, key: &str, length: usize) {
    let of_key = match key.is_empty() {
        true => 0,
        false => length_of_bytes(key.len()),
    };
    head(out, field, of_key + length_of_bytes(length));
    bytes_if_any(out, 1, key.as_bytes());
    head(out, 2, length);
}

impl Encoder {
    /// Writes an attribute in `field`, a number below 16.
    pub(crate) fn attribute(self, out: &mut Vec<u8>, field: u32, key: &str, value: &Value) {
        match value {
            Value::Bool(value) => {
                begin(out, field, key, FLAG);
                number(out, 2, u64::from(*value));
            }
            Value::I64(value) => self.number(out, field, key, *value),
            Value::F64(value) => self.fraction(out, field, key, *value),
            Value::String(value) => self.text(out, field, key, value.as_str()),
            Value::Array(array) => message(out, field, |out| {
                bytes_if_any(out, 1, key.as_bytes());
                message(out, 2, |out| self.array(out, array));
            }),
            // None that is known; as text it isn't lost.
            other => self.text(out, field, key, &other.as_str()),
        }
    }

    #[inline(always)]
    pub(crate) fn text(self, out: &mut Vec<u8>, field: u32, key: &str, text: &str) {
        let text = self.cut(text);
        begin(out, field, key, length_of_bytes(text.len()));
        bytes(out, 1, text);
    }

    #[inline(always)]
    pub(crate) fn number(self, out: &mut Vec<u8>, field: u32, key: &str, value: i64) {
        begin(out, field, key, 1 + length_of(value as u64));
        number(out, 3, value as u64);
    }

    #[inline(always)]
    pub(crate) fn fraction(self, out: &mut Vec<u8>, field: u32, key: &str, value: f64) {
        begin(out, field, key, FRACTION);
        fixed64(out, 4, value.to_bits());
    }

    fn array(self, out: &mut Vec<u8>, array: &Array) {
        message(out, 5, |out| match array {
            Array::Bool(values) => {
                let add = |value: &bool| message(out, 1, |out| number(out, 2, (*value).into()));
                values.iter().for_each(add);
            }
            Array::I64(values) => {
                let add = |value: &i64| message(out, 1, |out| number(out, 3, *value as u64));
                values.iter().for_each(add);
            }
            Array::F64(values) => {
                let add = |value: &f64| message(out, 1, |out| fixed64(out, 4, value.to_bits()));
                values.iter().for_each(add);
            }
            Array::String(values) => {
                let texts = values.iter().map(|value| self.cut(value.as_str()));
                texts.for_each(|text| message(out, 1, |out| bytes(out, 1, text)));
            }
            // None that is known.
            _ => {}
        });
    }

    fn cut(self, text: &str) -> &[u8] {
        let text = self.value_length.map_or(text, |limit| cut(text, limit));
        text.as_bytes()
    }
}
