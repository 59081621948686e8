//! A message: a request or a response, with the name of the method.

mod kind;

use std::fmt::{Debug, Formatter};

pub use self::kind::{Codec, MessageKind};

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::error::DecodeError;
use crate::exception::ApplicationException;
use crate::protocol::{PROTOBUF, THRIFT};

/// Maximum length of the name of a method, in bytes.
pub const MAX_NAME: usize = 1024;

/// Bytes before the name: version, kind, and the name's length.
const BEFORE_NAME: usize = 8;
/// Bytes after the name: the sequence number.
const BEHIND_NAME: usize = 4;

/// A message.
#[derive(Clone)]
pub struct Message {
    /// How the body is encoded.
    pub codec: Codec,
    /// Request, response or exception.
    pub kind: MessageKind,
    /// The name of the method, without that of the service.
    pub name: String,
    /// The sequence number of the call; a client rejects a response with another one.
    pub sequence: i32,
    /// The content, in the encoding of the codec.
    pub body: Bytes,
}

impl Message {
    /// Reads the message in the payload of a frame; the body stays where it is.
    ///
    /// # Errors
    /// If it is not of version 1 of either codec, or malformed.
    pub fn decode(mut payload: Bytes) -> Result<Self, DecodeError> {
        let codec = match payload.get(..2) {
            Some(magic) if magic == THRIFT => Codec::Thrift,
            Some(magic) if magic == PROTOBUF => Codec::Protobuf,
            Some(_) => return Err(DecodeError::WrongVersion),
            None => return Err(DecodeError::Truncated),
        };
        let end = head(&payload)?.ok_or(DecodeError::Truncated)?;
        let head = payload.split_to(end);
        let (before, mut behind) = head.split_at(end - BEHIND_NAME);
        let name = str::from_utf8(&before[BEFORE_NAME..]).map_err(|_| DecodeError::NotUtf8)?;
        Ok(Self {
            codec,
            kind: MessageKind::parse(before[3])?,
            name: name.to_owned(),
            sequence: behind.get_i32(),
            body: payload,
        })
    }

    /// The payload of a frame with this message.
    pub fn encode(&self) -> Bytes {
        let length = BEFORE_NAME + self.name.len() + BEHIND_NAME + self.body.len();
        let mut out = BytesMut::with_capacity(length);
        out.put_slice(match self.codec {
            Codec::Thrift => &THRIFT,
            Codec::Protobuf => &PROTOBUF,
        });
        out.put_u16(u16::from(self.kind as u8));
        out.put_u32(u32::try_from(self.name.len()).unwrap_or(u32::MAX));
        out.put_slice(self.name.as_bytes());
        out.put_i32(self.sequence);
        out.put_slice(&self.body);
        out.freeze()
    }

    /// The reply to this call.
    pub fn reply(&self, body: Bytes) -> Self {
        self.respond(MessageKind::Reply, body)
    }

    /// The exception as response to this call.
    pub fn exception(&self, exception: &ApplicationException) -> Self {
        self.respond(MessageKind::Exception, exception.encode(self.codec))
    }

    fn respond(&self, kind: MessageKind, body: Bytes) -> Self {
        Self {
            codec: self.codec,
            kind,
            name: self.name.clone(),
            sequence: self.sequence,
            body,
        }
    }
}

/// The body may have personal data, and so may the name of an unknown method.
impl Debug for Message {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Message")
            .field("codec", &self.codec)
            .field("kind", &self.kind)
            .field("sequence", &self.sequence)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish_non_exhaustive()
    }
}

/// Where the body of the message in `bytes` begins, or `None` if that has not arrived.
///
/// # Errors
/// If the name can't be one.
pub(crate) fn head(bytes: &[u8]) -> Result<Option<usize>, DecodeError> {
    let Some(before) = bytes.get(..BEFORE_NAME) else {
        return Ok(None);
    };
    let length = (&before[4..]).try_get_i32()?;
    let length = usize::try_from(length).map_err(|_| DecodeError::NegativeLength)?;
    if length > MAX_NAME {
        return Err(DecodeError::NameTooLong(MAX_NAME));
    }
    let end = BEFORE_NAME + length + BEHIND_NAME;
    Ok((bytes.len() >= end).then_some(end))
}
