//! Responses that the client has not read.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use grpc_server::OtherStream;
use kitex_codec::{EncodeError, Frame};
use tokio::io::{AsyncWriteExt, WriteHalf};
use tokio::time::Instant;

/// Unread responses beyond which no further call starts, in bytes.
const MAX_UNREAD: usize = 64 * 1024;

/// Bytes to send, and the time that the client has to read some of them.
pub(super) struct Outbound {
    bytes: BytesMut,
    timeout: Duration,
    /// None when everything has been sent.
    deadline: Option<Instant>,
}

impl Outbound {
    /// A client has `timeout` to read something.
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            bytes: BytesMut::new(),
            timeout,
            deadline: None,
        }
    }

    /// Adds a response.
    ///
    /// # Errors
    /// If it can't be encoded.
    pub(super) fn push(&mut self, frame: &Frame) -> Result<(), EncodeError> {
        frame.encode(&mut self.bytes)?;
        if self.deadline.is_none() {
            self.deadline = Some(Instant::now() + self.timeout);
        }
        Ok(())
    }

    /// Sends some bytes, or waits until they have left. Cancellation safe.
    ///
    /// # Errors
    /// If the connection breaks.
    pub(super) async fn send(&mut self, writer: &mut WriteHalf<OtherStream>) -> io::Result<()> {
        if !self.bytes.is_empty() {
            if writer.write_buf(&mut self.bytes).await? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.deadline = Some(Instant::now() + self.timeout);
        }
        if self.bytes.is_empty() {
            // TLS may hold some of them.
            writer.flush().await?;
            self.bytes = BytesMut::new();
            self.deadline = None;
        }
        Ok(())
    }

    /// Whether everything has been sent.
    pub(super) fn is_empty(&self) -> bool {
        self.deadline.is_none()
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= MAX_UNREAD
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }
}
