//! One connection, on which one call follows another.

use std::fmt::Debug;
use std::io;
use std::pin::Pin;
use std::task::{Context, Waker};

use bytes::BytesMut;
use kitex_codec::{Decoder, Frame};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

use crate::request::OutgoingCall;
use crate::{BoxError, Tls};

/// With TLS or without.
trait Stream: AsyncRead + AsyncWrite + Debug + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Debug + Send + Unpin> Stream for T {}

/// A connection without a call in flight, or with the one that borrows it.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: Box<dyn Stream>,
    received: BytesMut,
    decoder: Decoder,
    /// That of the last call.
    sequence: i32,
}

impl Connection {
    /// Connects to `address`.
    pub(crate) async fn open(address: &str, tls: Option<&Tls>) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: match tls {
                Some(tls) => Box::new(tls.connect(stream).await?),
                None => Box::new(stream),
            },
            received: BytesMut::new(),
            decoder: Decoder::default(),
            sequence: 0,
        })
    }

    /// Whether the server has neither closed it nor sent anything unasked.
    pub(crate) fn is_open(&mut self) -> bool {
        let mut unexpected = [0];
        let mut unexpected = ReadBuf::new(&mut unexpected);
        // Only what has arrived counts: nothing is waited for.
        let mut task = Context::from_waker(Waker::noop());
        let stream = Pin::new(&mut self.stream);
        stream.poll_read(&mut task, &mut unexpected).is_pending()
    }

    /// Sends `call`, and returns the frame of its response.
    ///
    /// # Errors
    /// If the connection breaks, or what comes is not a frame.
    pub(crate) async fn exchange(&mut self, call: &OutgoingCall) -> Result<Frame, BoxError> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut sent = BytesMut::new();
        call.frame(self.sequence).encode(&mut sent)?;
        self.stream.write_all(&sent).await?;
        // TLS may hold some of it.
        self.stream.flush().await?;
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
