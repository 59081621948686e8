//! The Thrift binary protocol: structs, their fields and values.
//!
//! A type of an IDL implements [`Decode`] and [`Encode`]; [`Reader`] and [`Writer`] do the rest.
//!
//! ```
//! use kitex_codec::DecodeError;
//! use kitex_codec::thrift::{Decode, Encode, Reader, Type, Writer, required};
//!
//! /// `struct GetUserRequest { 1: required i64 user_id }`
//! struct GetUserRequest {
//!     user_id: i64,
//! }
//!
//! impl Decode for GetUserRequest {
//!     fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
//!         let mut user_id = None;
//!         while let Some(field) = reader.field()? {
//!             match (field.id, field.kind) {
//!                 (1, Type::I64) => user_id = Some(reader.i64()?),
//!                 _ => reader.skip(field.kind)?,
//!             }
//!         }
//!         Ok(Self {
//!             user_id: required(user_id, "user_id")?,
//!         })
//!     }
//! }
//!
//! impl Encode for GetUserRequest {
//!     fn encode(&self, writer: &mut Writer<'_>) {
//!         writer.i64_field(1, self.user_id);
//!     }
//! }
//! ```

mod call;
mod container;
mod kind;
mod reader;
mod walker;
mod writer;

pub use self::call::{
    decode_arguments, decode_result, empty_result, encode_arguments, encode_result,
};
pub use self::kind::Type;
pub use self::reader::{Field, Reader, required};
pub use self::writer::Writer;

pub(crate) use self::walker::Walker;

use bytes::{Bytes, BytesMut};

use crate::error::DecodeError;

/// How many structs, lists, sets and maps may lie in one another. The arguments of a call are
/// the first level.
pub const MAX_DEPTH: usize = 16;
/// The byte after the last field of a struct.
pub(crate) const STOP: u8 = 0;
/// Initial capacity for an encoded struct, in bytes.
const TYPICAL_STRUCT: usize = 256;

/// A struct that can be read.
pub trait Decode: Sized {
    /// Reads fields until there are no more. Those that are not known, or have another type than
    /// expected, are skipped.
    ///
    /// # Errors
    /// If a value is malformed, or a required one is missing.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

/// A struct that can be written.
pub trait Encode {
    /// Writes the fields that are set, without the stop byte.
    fn encode(&self, writer: &mut Writer<'_>);
}

/// Reads the one struct that `bytes` are.
///
/// # Errors
/// If it is malformed, or something follows it.
pub fn decode<T: Decode>(bytes: &[u8]) -> Result<T, DecodeError> {
    let mut reader = Reader::new(bytes);
    let value = reader.structure()?;
    reader.finish()?;
    Ok(value)
}

/// The bytes of a struct.
pub fn encode(value: &impl Encode) -> Bytes {
    let mut bytes = BytesMut::with_capacity(TYPICAL_STRUCT);
    Writer::new(&mut bytes).structure(value);
    bytes.freeze()
}
