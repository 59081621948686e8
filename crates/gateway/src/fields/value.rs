//! Values of fields from texts, by the rules of protobuf's JSON.

use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use prost_reflect::prost::bytes::Bytes;
use prost_reflect::{EnumDescriptor, Kind, Value};

/// The value of `kind` that `text` is.
///
/// # Errors
/// When it is none, with what one is.
pub(super) fn parse(kind: &Kind, text: &str) -> Result<Value, &'static str> {
    let parsed = match kind {
        Kind::Double => number(text).map(Value::F64),
        Kind::Float => number(text).map(Value::F32),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => number(text).map(Value::I32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => number(text).map(Value::I64),
        Kind::Uint32 | Kind::Fixed32 => number(text).map(Value::U32),
        Kind::Uint64 | Kind::Fixed64 => number(text).map(Value::U64),
        Kind::Bool => number(text).map(Value::Bool),
        Kind::String => Some(Value::String(text.to_owned())),
        Kind::Bytes => bytes(text).map(Value::Bytes),
        Kind::Enum(values) => enum_number(values, text).map(Value::EnumNumber),
        Kind::Message(_) => None,
    };
    parsed.ok_or(expected(kind))
}

fn number<T: FromStr>(text: &str) -> Option<T> {
    // Rust takes a plus, JSON does not.
    match text.starts_with('+') {
        true => None,
        false => text.parse().ok(),
    }
}

fn bytes(text: &str) -> Option<Bytes> {
    let engines = [STANDARD, URL_SAFE, STANDARD_NO_PAD, URL_SAFE_NO_PAD];
    let mut decoded = engines.iter().filter_map(|it| it.decode(text).ok());
    decoded.next().map(Bytes::from)
}

fn enum_number(values: &EnumDescriptor, text: &str) -> Option<i32> {
    let named = values.get_value_by_name(text).map(|it| it.number());
    named.or_else(|| number(text))
}

fn expected(kind: &Kind) -> &'static str {
    match kind {
        Kind::Double | Kind::Float => "it must be a number",
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => "it must be a whole number of 32 bits",
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => "it must be a whole number of 64 bits",
        Kind::Uint32 | Kind::Fixed32 => "it must be a whole number of 32 bits, not negative",
        Kind::Uint64 | Kind::Fixed64 => "it must be a whole number of 64 bits, not negative",
        Kind::Bool => "it must be true or false",
        Kind::String => "it must be a text",
        Kind::Bytes => "it must be Base64",
        Kind::Enum(_) => "it must be the name of a value",
        Kind::Message(_) => "it is a message, which the body alone can have",
    }
}
