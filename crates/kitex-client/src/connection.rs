//! One connection, on which one call follows another.

use std::io;

use bytes::BytesMut;
use kitex_codec::{Decoder, Frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::BoxError;
use crate::request::Call;

/// A connection without a call in flight, or with the one that borrows it.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    received: BytesMut,
    decoder: Decoder,
    /// That of the last call.
    sequence: i32,
}

impl Connection {
    /// Connects to `address`.
    pub(crate) async fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: BytesMut::new(),
            decoder: Decoder::default(),
            sequence: 0,
        })
    }

    /// Whether the server has neither closed it nor sent anything unasked.
    pub(crate) fn is_open(&self) -> bool {
        let mut unexpected = [0];
        let read = self.stream.try_read(&mut unexpected);
        read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Sends `call`, and returns the frame of its response.
    ///
    /// # Errors
    /// If the connection breaks, or what comes is not a frame.
    pub(crate) async fn exchange(&mut self, call: &Call) -> Result<Frame, BoxError> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut sent = BytesMut::new();
        call.frame(self.sequence).encode(&mut sent)?;
        self.stream.write_all(&sent).await?;
        loop {
            if let Some(frame) = self.decoder.decode(&mut self.received)? {
                return Ok(frame);
            }
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        }
    }
}
