//! The structs around the request and the response of a method.

use bytes::Bytes;

use super::{Decode, Encode, Reader, Type, Writer, required};
use crate::error::DecodeError;

/// The field number of the only argument.
const ARGUMENT: i16 = 1;
/// The field number of the response; declared exceptions begin with 1.
const SUCCESS: i16 = 0;

struct Arguments<T>(T);

impl<T: Decode> Decode for Arguments<T> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let argument = only_struct(reader, ARGUMENT)?;
        Ok(Self(required(argument, "request")?))
    }
}

struct Outcome<T>(Option<T>);

impl<T: Decode> Decode for Outcome<T> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        only_struct(reader, SUCCESS).map(Self)
    }
}

/// The struct in the field `id`; all other fields are skipped.
fn only_struct<T: Decode>(reader: &mut Reader<'_>, id: i16) -> Result<Option<T>, DecodeError> {
    let mut found = None;
    while let Some(field) = reader.field()? {
        match field.kind {
            Type::Struct if field.id == id => found = Some(reader.structure()?),
            kind => reader.skip(kind)?,
        }
    }
    Ok(found)
}

struct Only<'a, T>(i16, &'a T);

impl<T: Encode> Encode for Only<'_, T> {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.struct_field(self.0, self.1);
    }
}

fn encode_only(id: i16, value: &impl Encode) -> Bytes {
    super::encode(&Only(id, value))
}

/// The request in `body`, the arguments of a call to a method with one struct as argument.
///
/// # Errors
/// If it is malformed or missing.
pub fn decode_arguments<T: Decode>(body: &[u8]) -> Result<T, DecodeError> {
    let Arguments(request) = super::decode(body)?;
    Ok(request)
}

/// The body of a call with this request.
pub fn encode_arguments(request: &impl Encode) -> Bytes {
    encode_only(ARGUMENT, request)
}

/// The response in `body`, a reply. `None` if there is none: the call failed with a business
/// error in the header, a declared exception, or returned nothing.
///
/// # Errors
/// If it is malformed.
pub fn decode_result<T: Decode>(body: &[u8]) -> Result<Option<T>, DecodeError> {
    let Outcome(response) = super::decode(body)?;
    Ok(response)
}

/// The body of a reply with this response.
pub fn encode_result(response: &impl Encode) -> Bytes {
    encode_only(SUCCESS, response)
}

/// The body of a reply without a response: of a void method, or beside a business error.
pub fn empty_result() -> Bytes {
    Bytes::from_static(&[super::STOP])
}
