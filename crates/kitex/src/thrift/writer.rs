//! Writes values behind one another.

use bytes::{BufMut, BytesMut};

use super::kind::Type;
use super::{Encode, STOP};

/// Writes values into a buffer. A length above 4 GiB is truncated; encoding a frame of that size
/// fails.
#[derive(Debug)]
pub struct Writer<'a>(&'a mut BytesMut);

impl<'a> Writer<'a> {
    /// A writer that appends to `bytes`.
    pub fn new(bytes: &'a mut BytesMut) -> Self {
        Self(bytes)
    }

    /// The head of a field, whose value has to be written next.
    pub fn field(&mut self, id: i16, kind: Type) -> &mut Self {
        self.0.put_u8(kind as u8);
        self.0.put_i16(id);
        self
    }

    /// A field with a truth value.
    pub fn bool_field(&mut self, id: i16, value: bool) {
        self.field(id, Type::Bool).bool(value);
    }

    /// A field with an integer of 32 bits, or an enum.
    pub fn i32_field(&mut self, id: i16, value: i32) {
        self.field(id, Type::I32).i32(value);
    }

    /// A field with an integer of 64 bits.
    pub fn i64_field(&mut self, id: i16, value: i64) {
        self.field(id, Type::I64).i64(value);
    }

    /// A field with text.
    pub fn string_field(&mut self, id: i16, value: &str) {
        self.field(id, Type::String).string(value);
    }

    /// A field with a struct.
    pub fn struct_field(&mut self, id: i16, value: &impl Encode) {
        self.field(id, Type::Struct).structure(value);
    }

    /// A field with a list of structs.
    pub fn structs_field<T: Encode>(&mut self, id: i16, values: &[T]) {
        self.field(id, Type::List).list(Type::Struct, values.len());
        for value in values {
            self.structure(value);
        }
    }

    /// A truth value.
    pub fn bool(&mut self, value: bool) {
        self.0.put_u8(value.into());
    }

    /// A signed byte.
    pub fn i8(&mut self, value: i8) {
        self.0.put_i8(value);
    }

    /// An integer of 16 bits.
    pub fn i16(&mut self, value: i16) {
        self.0.put_i16(value);
    }

    /// An integer of 32 bits, or an enum.
    pub fn i32(&mut self, value: i32) {
        self.0.put_i32(value);
    }

    /// An integer of 64 bits.
    pub fn i64(&mut self, value: i64) {
        self.0.put_i64(value);
    }

    /// A floating-point number.
    pub fn double(&mut self, value: f64) {
        self.0.put_f64(value);
    }

    /// Bytes.
    pub fn binary(&mut self, value: &[u8]) {
        self.length(value.len());
        self.0.put_slice(value);
    }

    /// Text.
    pub fn string(&mut self, value: &str) {
        self.binary(value.as_bytes());
    }

    /// A struct, with its stop byte.
    pub fn structure(&mut self, value: &impl Encode) {
        value.encode(self);
        self.0.put_u8(STOP);
    }

    /// The head of a list or set, whose elements have to be written next.
    pub fn list(&mut self, kind: Type, count: usize) {
        self.0.put_u8(kind as u8);
        self.length(count);
    }

    /// The head of a map, whose pairs have to be written next.
    pub fn map(&mut self, key: Type, value: Type, count: usize) {
        self.0.put_u8(key as u8);
        self.list(value, count);
    }

    fn length(&mut self, length: usize) {
        self.0.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    }
}
