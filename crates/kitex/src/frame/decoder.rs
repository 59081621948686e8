//! Splits received bytes into frames.

use bytes::{Buf, Bytes, BytesMut};

use super::Frame;
use crate::error::DecodeError;
use crate::limits::FrameLimits;
use crate::message;
use crate::protocol::{PROTOBUF, Protocol, SNIFFED_BYTES, Sniffed, THRIFT, sniff};
use crate::thrift::Walker;
use crate::ttheader::{self, Header};

/// The length that precedes a frame.
const LENGTH: usize = size_of::<u32>();

/// Decodes the frames of one direction of a connection, with any framing. After an error the
/// beginning of the next frame is unknown: close the connection.
#[derive(Debug, Default)]
pub struct Decoder {
    limits: FrameLimits,
    /// Looks for the end of a message without a length of its own.
    walker: Option<Walker>,
}

impl Decoder {
    /// A decoder with these limits.
    pub fn new(limits: FrameLimits) -> Self {
        Self {
            limits,
            walker: None,
        }
    }

    /// Takes the next frame from the front of `buffer`, or returns `None` if it has not arrived
    /// as a whole. It never reserves memory in the buffer.
    ///
    /// # Errors
    /// If the next bytes are not a frame, or a frame exceeds the limits, which is detected as soon
    /// as the frame announces it. [`Protocol::Http2`] is not decoded here.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame>, DecodeError> {
        let protocol = match sniff(buffer) {
            Sniffed::NotYet => return Ok(None),
            Sniffed::Protocol(protocol) => protocol,
            Sniffed::Unknown => return Err(DecodeError::UnknownProtocol),
        };
        match protocol {
            Protocol::TtHeader | Protocol::TtHeaderStreaming => self.with_header(buffer),
            Protocol::Framed | Protocol::FramedProtobuf => self.framed(buffer),
            Protocol::Buffered => self.buffered(buffer),
            Protocol::Http2 => Err(DecodeError::UnknownProtocol),
        }
    }

    fn framed(&self, buffer: &mut BytesMut) -> Result<Option<Frame>, DecodeError> {
        let Some(frame) = self.with_length(buffer)? else {
            return Ok(None);
        };
        // The protocol was detected from bytes beyond this frame.
        if frame.len() < SNIFFED_BYTES {
            return Err(DecodeError::Truncated);
        }
        Ok(Some(bare(true, frame.slice(LENGTH..))))
    }

    /// Takes a frame that begins with its length, together with that.
    fn with_length(&self, buffer: &mut BytesMut) -> Result<Option<Bytes>, DecodeError> {
        let length = (&buffer[..]).try_get_u32()? as usize;
        let limit = self.limits.frame;
        if length > limit {
            return Err(DecodeError::FrameTooLarge { length, limit });
        }
        if buffer.len() < LENGTH + length {
            return Ok(None);
        }
        Ok(Some(buffer.split_to(LENGTH + length).freeze()))
    }

    fn with_header(&self, buffer: &mut BytesMut) -> Result<Option<Frame>, DecodeError> {
        let limit = self.limits.header;
        if let Some(length) = ttheader::words(buffer).filter(|length| *length > limit) {
            return Err(DecodeError::HeaderTooLarge { length, limit });
        }
        let Some(mut bytes) = self.with_length(buffer)? else {
            return Ok(None);
        };
        let header = Header::decode(&mut bytes, &self.limits)?;
        let mut frame = match header.is_streaming() {
            true => bare(false, bytes),
            false => payload(bytes)?,
        };
        frame.header = Some(header);
        Ok(Some(frame))
    }

    /// Takes a message that only its own content ends.
    fn buffered(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame>, DecodeError> {
        let limit = self.limits.frame;
        let walker = match &mut self.walker {
            Some(walker) => walker,
            None => {
                let Some(head) = message::head(buffer)? else {
                    return Ok(None);
                };
                self.walker.insert(Walker::new(head, limit, 0))
            }
        };
        let end = match walker.structure(buffer) {
            Ok(Some(end)) => end,
            Ok(None) => return Ok(None),
            // The walker knows that the value does not end within the limit, not where it ends.
            Err(DecodeError::Truncated) => {
                let length = limit.saturating_add(1);
                return Err(DecodeError::FrameTooLarge { length, limit });
            }
            Err(error) => return Err(error),
        };
        self.walker = None;
        Ok(Some(bare(false, buffer.split_to(end).freeze())))
    }
}

fn bare(framed: bool, payload: Bytes) -> Frame {
    Frame {
        header: None,
        framed,
        payload,
    }
}

/// The payload behind a header, a message with its length or without.
fn payload(mut bytes: Bytes) -> Result<Frame, DecodeError> {
    if bytes.starts_with(&THRIFT) {
        return Ok(bare(false, bytes));
    }
    let length = bytes.try_get_u32()? as usize;
    if !bytes.starts_with(&THRIFT) && !bytes.starts_with(&PROTOBUF) {
        return Err(DecodeError::UnknownProtocol);
    }
    match bytes.len().checked_sub(length) {
        Some(0) => Ok(bare(true, bytes)),
        Some(more) => Err(DecodeError::TrailingBytes(more)),
        None => Err(DecodeError::Truncated),
    }
}
