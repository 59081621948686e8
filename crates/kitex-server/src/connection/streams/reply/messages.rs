//! The messages in the body of a gRPC response.

use bytes::{Buf, Bytes, BytesMut};
use tonic::Status;

/// What gRPC puts in front of a message: whether it is compressed, and its length.
const PREFIX: usize = 5;
/// Maximum length of a message, in bytes: that of a frame.
const MAX_BYTES: usize = 1024 * 1024;

/// Splits a body into messages, however its pieces are cut.
#[derive(Default)]
pub(super) struct Messages(BytesMut);

impl Messages {
    pub(super) fn feed(&mut self, data: Bytes) {
        // Mostly a piece has whole messages, and is the only owner of its memory.
        match self.0.is_empty() {
            true => self.0 = BytesMut::from(data),
            false => self.0.extend_from_slice(&data),
        }
    }

    /// The next message, without its prefix, if it has come as a whole.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED for one that is too long; INTERNAL for one that is compressed, which no
    /// request asked for.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, Status> {
        let Some(mut prefix) = self.0.get(..PREFIX) else {
            return Ok(None);
        };
        if prefix.get_u8() != 0 {
            return Err(Status::internal("the response is compressed"));
        }
        let length = prefix.get_u32() as usize;
        if length > MAX_BYTES {
            let message = "a message of the response is longer than a frame may be";
            return Err(Status::resource_exhausted(message));
        }
        if self.0.len() < PREFIX + length {
            return Ok(None);
        }
        self.0.advance(PREFIX);
        Ok(Some(self.0.split_to(length).freeze()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_however_the_body_is_cut() {
        let body = b"\0\0\0\0\x01a\0\0\0\0\0\0\0\0\0\x02bc";
        for cut in 0..body.len() {
            let mut messages = Messages::default();
            let mut found = Vec::new();
            for piece in [&body[..cut], &body[cut..]] {
                messages.feed(Bytes::from_static(piece));
                while let Some(message) = messages.next().unwrap() {
                    found.push(message);
                }
            }
            assert_eq!(found, ["a", "", "bc"], "{cut}");
        }
    }

    #[test]
    fn messages_that_are_compressed_or_too_long_are_refused() {
        for prefix in [b"\x01\0\0\0\x01a", b"\0\xff\0\0\0a"] {
            let mut messages = Messages::default();
            messages.feed(Bytes::from_static(prefix));
            assert!(messages.next().is_err());
        }
    }
}
