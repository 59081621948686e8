//! Any struct without containers, read and written as it is.

use kitex_codec::DecodeError;
use kitex_codec::thrift::{Decode, Encode, Reader, Type, Writer};

#[derive(Debug)]
enum Value {
    Bool(bool),
    I8(i8),
    I16(i16),
    I32(i32),
    I64(i64),
    Double(f64),
    String(String),
    Struct(Fields),
}

/// The fields of a struct in the order of the wire.
#[derive(Debug)]
pub(crate) struct Fields(Vec<(i16, Value)>);

impl Decode for Fields {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut fields = Vec::new();
        while let Some(field) = reader.field()? {
            let value = match field.kind {
                Type::Bool => Value::Bool(reader.bool()?),
                Type::I8 => Value::I8(reader.i8()?),
                Type::I16 => Value::I16(reader.i16()?),
                Type::I32 => Value::I32(reader.i32()?),
                Type::I64 => Value::I64(reader.i64()?),
                Type::Double => Value::Double(reader.double()?),
                Type::String => Value::String(reader.string()?.to_owned()),
                Type::Struct => Value::Struct(reader.structure()?),
                kind @ (Type::List | Type::Set | Type::Map) => {
                    reader.skip(kind)?;
                    continue;
                }
            };
            fields.push((field.id, value));
        }
        Ok(Self(fields))
    }
}

impl Encode for Fields {
    fn encode(&self, writer: &mut Writer<'_>) {
        for (id, value) in &self.0 {
            match value {
                Value::Bool(value) => writer.bool_field(*id, *value),
                Value::I8(value) => writer.field(*id, Type::I8).i8(*value),
                Value::I16(value) => writer.field(*id, Type::I16).i16(*value),
                Value::I32(value) => writer.i32_field(*id, *value),
                Value::I64(value) => writer.i64_field(*id, *value),
                Value::Double(value) => writer.field(*id, Type::Double).double(*value),
                Value::String(value) => writer.string_field(*id, value),
                Value::Struct(value) => writer.struct_field(*id, value),
            }
        }
    }
}
