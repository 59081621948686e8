//! The response of a call that failed, other than with a business error.

use bytes::Bytes;
use prost::Message as _;

use crate::error::DecodeError;
use crate::message::Codec;
use crate::thrift::{self, Decode, Encode, Reader, Type, Writer};

/// `TApplicationException`: a message and the type of the failure.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message} (type {kind})")]
pub struct ApplicationException {
    /// One of the constants, or a number of one's own.
    pub kind: i32,
    /// The error message.
    pub message: String,
}

impl ApplicationException {
    /// The service has no method of this name.
    pub const UNKNOWN_METHOD: i32 = 1;
    /// The message is not a call.
    pub const INVALID_MESSAGE_KIND: i32 = 2;
    /// The call failed in the service.
    pub const INTERNAL_ERROR: i32 = 6;
    /// The request is malformed.
    pub const PROTOCOL_ERROR: i32 = 7;
    /// The server has no service of this name.
    pub const UNKNOWN_SERVICE: i32 = 20;
    /// A stream was canceled by its caller.
    pub const STREAM_CANCELED: i32 = 12007;

    /// An exception.
    pub fn new(kind: i32, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }

    /// The exception in `body`. Missing fields are 0 and empty, as in Kitex.
    ///
    /// # Errors
    /// If it is malformed.
    pub fn decode(codec: Codec, body: &[u8]) -> Result<Self, DecodeError> {
        match codec {
            Codec::Thrift => thrift::decode(body),
            Codec::Protobuf => {
                let error = ProtobufError::decode(body);
                let ProtobufError { kind, message } =
                    error.map_err(|_| DecodeError::MalformedException)?;
                Ok(Self { kind, message })
            }
        }
    }

    /// The body of the message.
    pub fn encode(&self, codec: Codec) -> Bytes {
        match codec {
            Codec::Thrift => thrift::encode(self),
            Codec::Protobuf => {
                let error = ProtobufError {
                    kind: self.kind,
                    message: self.message.clone(),
                };
                error.encode_to_vec().into()
            }
        }
    }
}

impl Decode for ApplicationException {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut exception = Self::new(0, "");
        while let Some(field) = reader.field()? {
            match (field.id, field.kind) {
                (1, Type::String) => reader.string()?.clone_into(&mut exception.message),
                (2, Type::I32) => exception.kind = reader.i32()?,
                _ => reader.skip(field.kind)?,
            }
        }
        Ok(exception)
    }
}

impl Encode for ApplicationException {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.string_field(1, &self.message);
        writer.i32_field(2, self.kind);
    }
}

/// The same in Kitex Protobuf.
#[derive(Clone, PartialEq, prost::Message)]
struct ProtobufError {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(string, tag = "2")]
    message: String,
}
