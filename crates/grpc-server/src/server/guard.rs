//! A stream that watches the frames on it: a peer that opens a connection and
//! says nothing, that dribbles a frame, or that floods with frames that carry
//! no call, is let go. h2 stops other abuse, but not these.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::frames::{ACK, DATA, Frame, Frames, GOAWAY, HEADERS, PING, SETTINGS};
use crate::call::CLOSE_LINGER;

/// Frames without a call in between (pings, settings, window updates) that a peer
/// may send. One that keeps a quiet connection alive sends some hundreds in its life.
const MAX_STRIKES: u32 = 1000;
/// Acknowledgements of PINGs that were never sent, over the life of a connection: no honest
/// peer has one, and each is a warning of h2.
const MAX_UNASKED_ACKS: u32 = 10;
/// What a peer that is about to leave may still have under way. One that floods has more.
const MAX_PARTING_BYTES: usize = 64 * 1024;
/// GOAWAY with ENHANCE_YOUR_CALM and the reason that gRPC gives.
const CALM: &[u8] = &[
    0, 0, 22, GOAWAY, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0xb, b't', b'o', b'o', b'_',
    b'm', b'a', b'n', b'y', b'_', b'p', b'i', b'n', b'g', b's',
];

/// Whether the peer has shown that it speaks HTTP/2, by answering our settings.
/// Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Opened(Arc<AtomicBool>);

impl Opened {
    /// Whether it has.
    pub(super) fn get(&self) -> bool {
        self.0.load(Relaxed)
    }

    fn set(&self) {
        self.0.store(true, Relaxed);
    }
}

/// A stream of a server, guarded.
#[derive(Debug)]
pub(super) struct Guarded<S> {
    inner: S,
    inbound: Frames,
    outbound: Frames,
    open: Opened,
    strikes: u32,
    /// PINGs of this side that were not acknowledged yet.
    pings: u32,
    unasked_acks: u32,
    frame_timeout: Duration,
    /// The timeout of the opening, or of a frame that is not complete.
    late: Option<Pin<Box<Sleep>>>,
    /// When waiting for the peer to leave ends, once this end has said all.
    leaving: Option<Pin<Box<Sleep>>>,
    /// What the peer has sent since.
    parting_bytes: usize,
}

impl<S> Guarded<S> {
    /// Guards `inner`; the peer has `frame_timeout` to open the connection, and for each frame.
    pub(super) fn new(inner: S, frame_timeout: Duration) -> Self {
        Self {
            inner,
            inbound: Frames::of_client(),
            outbound: Frames::of_server(),
            open: Opened::default(),
            strikes: 0,
            pings: 0,
            unasked_acks: 0,
            frame_timeout,
            late: None,
            leaving: None,
            parting_bytes: 0,
        }
    }

    /// Tells whether the connection is open, also when the stream is in other hands.
    pub(super) fn opened(&self) -> Opened {
        self.open.clone()
    }

    fn received(&mut self, bytes: &[u8]) {
        let Self {
            inbound,
            open,
            strikes,
            pings,
            unasked_acks,
            late,
            ..
        } = self;
        inbound.feed(bytes, |Frame { kind, flags }| {
            match kind {
                DATA | HEADERS => *strikes = 0,
                SETTINGS if flags & ACK != 0 => open.set(),
                PING if flags & ACK != 0 => match pings.checked_sub(1) {
                    Some(left) => *pings = left,
                    None => *unasked_acks += 1,
                },
                _ => *strikes += 1,
            }
            if open.get() {
                *late = None;
            }
        });
    }

    fn sent(&mut self, bytes: &[u8]) {
        let (strikes, pings) = (&mut self.strikes, &mut self.pings);
        self.outbound.feed(bytes, |frame| match frame.kind {
            DATA | HEADERS => *strikes = 0,
            PING if frame.flags & ACK == 0 => *pings += 1,
            _ => {}
        });
    }

    /// Ready when the peer takes too long with what it has begun.
    fn poll_late(&mut self, task: &mut Context<'_>) -> Poll<()> {
        if self.open.get() && self.inbound.between_two() {
            self.late = None;
            return Poll::Pending;
        }
        let frame_timeout = self.frame_timeout;
        let late = self
            .late
            .get_or_insert_with(|| Box::pin(sleep(frame_timeout)));
        late.as_mut().poll(task)
    }
}

impl<S: AsyncWrite + Unpin> Guarded<S> {
    /// Says why, if a frame fits here, and ends the connection.
    fn calm(&mut self, task: &mut Context<'_>) -> io::Error {
        if self.outbound.between_two() {
            // A peer that does not read misses it.
            let _ = Pin::new(&mut self.inner).poll_write(task, CALM);
        }
        io::Error::other("the peer sent too many frames without a call")
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.inner).poll_read(task, buffer) {
            Poll::Pending => {
                ready!(self.poll_late(task));
                let late = "the peer took too long to open the connection or to complete a frame";
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, late)));
            }
            Poll::Ready(read) => read?,
        }
        self.received(&buffer.filled()[before..]);
        if self.strikes > MAX_STRIKES || self.unasked_acks > MAX_UNASKED_ACKS {
            return Poll::Ready(Err(self.calm(task)));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.inner).poll_write(task, bytes))?;
        self.sent(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.inner).poll_write_vectored(task, pieces))?;
        let mut left = count;
        for piece in pieces {
            let written = piece.len().min(left);
            self.sent(&piece[..written]);
            left -= written;
        }
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(task)
    }

    /// Ends what is written, and waits a while for the peer to end its side: what is
    /// unread when a socket is closed makes the system reset the connection, and the
    /// peer may then lose the last answers.
    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.leaving.is_none() {
            ready!(Pin::new(&mut self.inner).poll_shutdown(task))?;
        }
        let leaving = self
            .leaving
            .get_or_insert_with(|| Box::pin(sleep(CLOSE_LINGER)));
        if leaving.as_mut().poll(task).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut rest = [0; 1024];
        loop {
            let mut rest = ReadBuf::new(&mut rest);
            let read = ready!(Pin::new(&mut self.inner).poll_read(task, &mut rest));
            self.parting_bytes += rest.filled().len();
            if read.is_err() || rest.filled().is_empty() || self.parting_bytes > MAX_PARTING_BYTES {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

#[cfg(test)]
mod tests;
