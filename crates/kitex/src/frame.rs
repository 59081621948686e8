//! One frame: the framing around a message.

mod decoder;

use std::fmt::{Debug, Formatter};

use bytes::{BufMut, Bytes, BytesMut};

pub use self::decoder::Decoder;

use crate::error::EncodeError;
use crate::ttheader::Header;

/// Maximum length of a frame, with TTHeader or framed.
const MAX_LENGTH: usize = 0x3fff_ffff;
/// Room for what precedes a payload, in bytes.
const TYPICAL_HEADER: usize = 128;

/// A frame. A response has the same framing as its request: [`Frame::response`].
#[derive(Clone)]
pub struct Frame {
    /// The header, if the frame is one of TTHeader.
    pub header: Option<Header>,
    /// Whether the payload is preceded by its length: Framed, or TTHeader over Framed.
    pub framed: bool,
    /// A message, or in a stream a struct.
    pub payload: Bytes,
}

impl Frame {
    /// The frame of the response to this one; its header, if any, has no infos.
    pub fn response(&self, payload: Bytes) -> Self {
        Self {
            header: self.header.as_ref().map(Header::response),
            framed: self.framed,
            payload,
        }
    }

    /// Whether the frame belongs to a stream ([`crate::StreamFrame`]); all others have a
    /// [`crate::Message`].
    pub fn is_streaming(&self) -> bool {
        self.header.as_ref().is_some_and(Header::is_streaming)
    }

    /// Appends the frame to `out`.
    ///
    /// # Errors
    /// If the header or the frame is too long; `out` is as it was then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let start = out.len();
        let encoded = self.append(start, out);
        if encoded.is_err() {
            out.truncate(start);
        }
        encoded
    }

    fn append(&self, start: usize, out: &mut BytesMut) -> Result<(), EncodeError> {
        if self.payload.len() > MAX_LENGTH {
            return Err(EncodeError::FrameTooLarge);
        }
        out.reserve(TYPICAL_HEADER + self.payload.len());
        if let Some(header) = &self.header {
            out.put_u32(0);
            header.encode(out)?;
        }
        if self.framed {
            out.put_u32(length(self.payload.len())?);
        }
        out.put_slice(&self.payload);
        if self.header.is_some() {
            let behind = start + size_of::<u32>();
            let length = length(out.len() - behind)?;
            out[start..behind].copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }
}

fn length(length: usize) -> Result<u32, EncodeError> {
    match u32::try_from(length) {
        Ok(short) if length <= MAX_LENGTH => Ok(short),
        _ => Err(EncodeError::FrameTooLarge),
    }
}

/// The payload may have personal data.
impl Debug for Frame {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Frame")
            .field("header", &self.header)
            .field("framed", &self.framed)
            .field("payload", &format_args!("{} bytes", self.payload.len()))
            .finish()
    }
}
