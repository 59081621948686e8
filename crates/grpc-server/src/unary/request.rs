//! The one message of a request.

use std::pin::pin;

use http_body_util::BodyExt;
use prost::bytes::{Buf, Bytes, BytesMut};
use tonic::body::Body;
use tonic::{Code, Status};

/// The flag and the length before each message.
const PREFIX_BYTES: usize = 5;

/// Reads all of `body`; returns what `decode` makes of its first message.
///
/// # Errors
/// When there is none, or it has more than `max_bytes`; or that of `decode` or of the body.
pub(super) async fn read<Q>(
    body: Body,
    max_bytes: usize,
    decode: impl Fn(Bytes) -> Result<Q, Status>,
) -> Result<Q, Status> {
    let mut body = pin!(body);
    let mut received = Received::default();
    let mut message = None;
    while let Some(frame) = body.frame().await {
        let data = match frame.map(http_body::Frame::into_data) {
            Ok(Ok(data)) => data,
            // Trailers.
            Ok(Err(_)) => continue,
            // Its caller gives the call up, and the body ends here.
            Err(error) if error.code() == Code::Cancelled => break,
            Err(error) => return Err(error),
        };
        // What follows is read too: where there must be one message, a second one is an error of the body.
        if message.is_none() {
            received.add(data);
            message = received.message(max_bytes)?.map(&decode).transpose()?;
        }
    }
    message.ok_or_else(|| received.incomplete())
}

/// What has come of a message.
#[derive(Default)]
struct Received {
    /// All that came in one piece, as most messages do.
    whole: Bytes,
    /// All that came in several, copied together.
    joined: BytesMut,
}

impl Received {
    fn add(&mut self, data: Bytes) {
        if self.joined.is_empty() && self.whole.is_empty() {
            self.whole = data;
            return;
        }
        self.joined
            .extend_from_slice(&std::mem::take(&mut self.whole));
        self.joined.extend_from_slice(&data);
    }

    fn bytes(&self) -> &[u8] {
        match self.whole.is_empty() {
            true => &self.joined,
            false => &self.whole,
        }
    }

    /// The message, if it is complete.
    ///
    /// # Errors
    /// As soon as its prefix shows that it has more than `max_bytes`, or is compressed.
    fn message(&mut self, max_bytes: usize) -> Result<Option<Bytes>, Status> {
        let Some([flag, size @ ..]) = self.bytes().first_chunk::<PREFIX_BYTES>() else {
            return Ok(None);
        };
        let size = u32::from_be_bytes(*size) as usize;
        if *flag != 0 {
            return Err(Status::internal(format!(
                "protocol error: received message with invalid compression flag: {flag}, while sending request"
            )));
        }
        if size > max_bytes {
            return Err(Status::out_of_range(format!(
                "Error, decoded message length too large: found {size} bytes, the limit is: {max_bytes} bytes"
            )));
        }
        if self.bytes().len() < PREFIX_BYTES + size {
            return Ok(None);
        }
        let mut message = match self.whole.is_empty() {
            true => std::mem::take(&mut self.joined).freeze(),
            false => std::mem::take(&mut self.whole),
        };
        message.advance(PREFIX_BYTES);
        message.truncate(size);
        Ok(Some(message))
    }

    /// The error of a request that ends before its message.
    fn incomplete(&self) -> Status {
        match self.bytes().is_empty() {
            true => Status::internal("Missing request message."),
            false => Status::internal("Unexpected EOF decoding stream."),
        }
    }
}
