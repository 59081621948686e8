//! Why bytes could not be decoded or encoded.

use bytes::TryGetError;

use crate::thrift::MAX_DEPTH;

/// Why bytes could not be decoded. The messages contain none of their content, so they may be
/// sent to the peer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not one of the protocols of this crate: close the connection.
    #[error("the first bytes belong to no known protocol")]
    UnknownProtocol,
    /// The frame announces more bytes than are accepted.
    #[error("the frame has {length} bytes, the limit is {limit}")]
    FrameTooLarge {
        /// The announced length, in bytes.
        length: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The header of TTHeader announces more bytes than are accepted.
    #[error("the header has {length} bytes, the limit is {limit}")]
    HeaderTooLarge {
        /// The announced length, in bytes.
        length: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The header of TTHeader has more key-value pairs than are accepted.
    #[error("the header has more than {0} infos")]
    TooManyInfos(usize),
    /// The header of TTHeader contradicts itself or the frame.
    #[error("the header is malformed: {0}")]
    MalformedHeader(&'static str),
    /// A value extends beyond the end of the data.
    #[error("the data ends inside a value")]
    Truncated,
    /// Bytes follow the value.
    #[error("{0} bytes follow the value")]
    TrailingBytes(usize),
    /// A length or a count is below 0.
    #[error("a length is negative")]
    NegativeLength,
    /// A list, set or map announces more elements than fit into the remaining bytes.
    #[error("a container has more elements than fit into the remaining bytes")]
    ContainerTooLong,
    /// Structs and containers are nested too deep.
    #[error("values are nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// A string that is not text.
    #[error("a string is not valid UTF-8")]
    NotUtf8,
    /// A type that the Thrift binary protocol does not have, or not in this place.
    #[error("{0} is not a valid type here")]
    UnexpectedType(u8),
    /// Not version 1 of the protocol, such as messages without a version.
    #[error("the message is not of version 1 of the protocol")]
    WrongVersion,
    /// Not a call, reply, exception or oneway call.
    #[error("{0} is not a valid message type")]
    UnknownMessageKind(u8),
    /// The name of the method is too long to be one.
    #[error("the method name is longer than {0} bytes")]
    NameTooLong(usize),
    /// A required field is missing, or has another type than it should.
    #[error("required field {0} is not set")]
    MissingField(&'static str),
    /// The error message of Kitex Protobuf is not valid protobuf.
    #[error("the exception is not valid protobuf")]
    MalformedException,
    /// A frame that is not part of a TTHeader stream where one is expected.
    #[error("the frame is not one of a stream")]
    NotAStreamFrame,
}

impl From<TryGetError> for DecodeError {
    fn from(_: TryGetError) -> Self {
        Self::Truncated
    }
}

/// Why something does not fit into the protocol.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A key or value of an info is longer than 65,535 bytes, or there are more than 65,535.
    #[error("an info of the header is longer than 65,535 bytes")]
    InfoTooLong,
    /// The infos together are longer than 262,140 bytes.
    #[error("the header is longer than 262,140 bytes")]
    HeaderTooLarge,
    /// The frame is longer than 1,073,741,823 bytes.
    #[error("the frame is longer than 1,073,741,823 bytes")]
    FrameTooLarge,
}
