//! A stream that ends when its peer takes too long for the head of a request, or for the next
//! bytes of a response, or sends a request whose end two readers may see in two places.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::framing::{Framing, Refused};
use crate::server::ConnectionLimits;
use crate::server::open_calls::OpenCalls;

/// A stream that is watched until each head is complete: a request is open then.
pub(super) struct Heads<T> {
    stream: T,
    framing: Framing,
    calls: OpenCalls,
    timeout: Duration,
    /// How long a reader may take nothing of a response.
    write_timeout: Duration,
    /// Requests that had begun when the peer was last waited for.
    started: u64,
    /// Runs while a head is waited for: the first one, or one that has begun.
    late: Option<Pin<Box<Sleep>>>,
    /// Runs while the peer takes nothing of a response.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<T> Heads<T> {
    /// The peer has the time of a handshake for each head of the requests that `calls` counts, and
    /// that of an idle connection to take the next bytes of a response.
    pub(super) fn new(stream: T, calls: OpenCalls, limits: &ConnectionLimits) -> Self {
        Self {
            stream,
            framing: Framing::default(),
            calls,
            timeout: limits.handshake,
            write_timeout: limits.idle,
            started: 0,
            late: Some(Box::pin(sleep(limits.handshake))),
            stalled: None,
        }
    }

    /// The stream, no longer watched.
    pub(super) fn into_inner(self) -> T {
        self.stream
    }

    /// Ready when the peer has taken nothing for too long.
    fn poll_stalled(&mut self, task: &mut Context<'_>) -> Poll<io::Error> {
        let limit = self.write_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(stalled.as_mut().poll(task));
        let late = "the peer took nothing of a response for too long";
        Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, late))
    }
}

impl<T: AsyncWrite + Unpin> Heads<T> {
    /// Says why, unless a response is under way, and ends the connection.
    fn refuse(&mut self, refused: &Refused, task: &mut Context<'_>) -> io::Error {
        if !self.calls.any_open() {
            // A peer that does not read misses it.
            let response = refused.response();
            let _ = Pin::new(&mut self.stream).poll_write(task, response.as_bytes());
        }
        io::Error::new(io::ErrorKind::InvalidData, refused.reason)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Heads<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.calls.started() != self.started {
            self.started = self.calls.started();
            self.late = None;
        }
        let before = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(task, buffer) {
            if let Err(refused) = self.framing.feed(&buffer.filled()[before..]) {
                return Poll::Ready(Err(self.refuse(&refused, task)));
            }
            if self.late.is_none() && !self.calls.any_open() {
                self.late = Some(Box::pin(sleep(self.timeout)));
            }
            return Poll::Ready(read);
        }
        let Some(late) = &mut self.late else {
            return Poll::Pending;
        };
        ready!(late.as_mut().poll(task));
        let late = "the peer took too long for the head of a request";
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, late)))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Heads<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = Pin::new(&mut self.stream).poll_write(task, bytes) {
            self.stalled = None;
            return Poll::Ready(written);
        }
        self.poll_stalled(task).map(Err)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = Pin::new(&mut self.stream).poll_write_vectored(task, pieces) {
            self.stalled = None;
            return Poll::Ready(written);
        }
        self.poll_stalled(task).map(Err)
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
