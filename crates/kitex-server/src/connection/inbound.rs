//! What a client has sent and what is not yet a call.

use std::time::Duration;

use bytes::BytesMut;
use grpc_server::{BoxError, HeldBytes};
use kitex_codec::{Decoder, Frame};
use tokio::time::Instant;

/// Room for what is read at once, in bytes: more than a usual call.
const READ: usize = 1024;
/// What is read ahead while no call may start, in bytes; also how the end of the connection is
/// noticed then.
const AHEAD: usize = 4 * 1024;

/// Received bytes, and the time that their frame has.
pub(super) struct Inbound {
    bytes: BytesMut,
    held: HeldBytes,
    /// Bytes that have been taken from here, and are held elsewhere.
    queued: usize,
    decoder: Decoder,
    timeout: Duration,
    /// When the frame that has begun has to be complete.
    deadline: Option<Instant>,
    /// Whether the next frame can't be decoded without more bytes.
    incomplete: bool,
}

impl Inbound {
    /// A frame has `timeout` to arrive, from its first byte on. What has arrived counts as `held`.
    pub(super) fn new(timeout: Duration, held: HeldBytes) -> Self {
        Self {
            bytes: BytesMut::new(),
            held,
            queued: 0,
            decoder: Decoder::default(),
            timeout,
            deadline: None,
            incomplete: true,
        }
    }

    /// The next frame, if it has arrived as a whole.
    ///
    /// # Errors
    /// If it is none, or too long, or too much is held.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, BoxError> {
        let frame = self.decoder.decode(&mut self.bytes)?;
        self.held.resize(self.bytes.len() + self.queued)?;
        self.incomplete = frame.is_none();
        if frame.is_some() || self.bytes.is_empty() {
            self.deadline = None;
        } else if self.deadline.is_none() {
            self.deadline = Some(Instant::now() + self.timeout);
        }
        if self.bytes.is_empty() {
            // A large frame must not leave its memory to a connection that is idle.
            self.bytes = BytesMut::new();
        }
        Ok(frame)
    }

    /// Counts `bytes` that are held elsewhere, from the next frame on.
    pub(super) fn set_queued(&mut self, bytes: usize) {
        self.queued = bytes;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Where to put what is read, if there is room.
    pub(super) fn room(&mut self) -> Option<&mut BytesMut> {
        if !self.incomplete && self.bytes.len() >= AHEAD {
            return None;
        }
        self.bytes.reserve(READ);
        Some(&mut self.bytes)
    }
}
