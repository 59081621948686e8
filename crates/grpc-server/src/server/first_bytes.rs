//! Reads the first bytes of a connection to detect its protocol, and returns them again to its server.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use kitex_codec::{SNIFFED_BYTES, Sniffed, sniff};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// A stream that returns its first bytes again before the others.
#[derive(Debug)]
pub struct Rewound<S> {
    stream: S,
    first: [u8; SNIFFED_BYTES],
    /// The number of first bytes.
    count: usize,
    /// The number of first bytes that were read again.
    repeated: usize,
}

impl<S> Rewound<S> {
    /// A stream of which nothing was read.
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            first: [0; SNIFFED_BYTES],
            count: 0,
            repeated: 0,
        }
    }
}

impl<S: AsyncRead + Unpin> Rewound<S> {
    /// Reads until the protocol is known, or the peer ends: then it is [`Sniffed::NotYet`].
    ///
    /// # Errors
    /// When the connection breaks.
    pub(super) async fn sniff(&mut self) -> io::Result<Sniffed> {
        loop {
            let sniffed = sniff(&self.first[..self.count]);
            if sniffed != Sniffed::NotYet {
                return Ok(sniffed);
            }
            match self.stream.read(&mut self.first[self.count..]).await? {
                0 => return Ok(Sniffed::NotYet),
                read => self.count += read,
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewound<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.repeated == self.count {
            return Pin::new(&mut self.stream).poll_read(task, buffer);
        }
        let left = &self.first[self.repeated..self.count];
        let fitting = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..fitting]);
        self.repeated += fitting;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rewound<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(task, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(task, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(task)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use kitex_codec::Protocol;
    use tokio::io::{AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn the_first_bytes_are_read_again_however_they_arrive() {
        const SENT: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        for pieces in [1, 3, 7, 8, 9, 24] {
            let (mut peer, stream) = duplex(1);
            let sending = async {
                for piece in SENT.chunks(pieces) {
                    peer.write_all(piece).await.unwrap();
                }
                drop(peer);
            };
            let reading = async {
                let mut stream = Rewound::new(stream);
                let sniffed = stream.sniff().await.unwrap();
                assert_eq!(sniffed, Sniffed::Protocol(Protocol::Http2));
                let mut received = Vec::new();
                stream.read_to_end(&mut received).await.unwrap();
                assert_eq!(received, SENT);
            };
            tokio::join!(sending, reading);
        }
    }

    #[tokio::test]
    async fn a_peer_that_leaves_before_its_first_bytes_has_no_protocol() {
        let (mut peer, stream) = duplex(64);
        peer.write_all(b"PRI * H").await.unwrap();
        drop(peer);
        let sniffed = Rewound::new(stream).sniff().await.unwrap();
        assert_eq!(sniffed, Sniffed::NotYet);
    }
}
