//! The kind of a message, and the encoding of its body.

use crate::error::DecodeError;

/// How the body of a message is encoded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Codec {
    /// The Thrift binary protocol: the struct of the arguments, or of the result.
    Thrift,
    /// Kitex Protobuf: the request or response message itself.
    Protobuf,
}

/// The kind of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum MessageKind {
    /// A call with a response.
    Call = 1,
    /// The response of a call that succeeded, or failed with a business error.
    Reply = 2,
    /// The response of a call that failed, an [`crate::ApplicationException`].
    Exception = 3,
    /// A call without a response.
    Oneway = 4,
}

impl MessageKind {
    pub(super) fn parse(byte: u8) -> Result<Self, DecodeError> {
        Ok(match byte {
            1 => Self::Call,
            2 => Self::Reply,
            3 => Self::Exception,
            4 => Self::Oneway,
            _ => return Err(DecodeError::UnknownMessageKind(byte)),
        })
    }

    /// Its value in [`crate::keys::MESSAGE_KIND`].
    pub fn info(self) -> &'static str {
        match self {
            Self::Call => "1",
            Self::Reply => "2",
            Self::Exception => "3",
            Self::Oneway => "4",
        }
    }
}
