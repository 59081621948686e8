//! A stream that ends when its peer takes too long for the head of a request.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use crate::server::open_calls::OpenCalls;

/// A stream that is watched until each head is complete: a request is open then.
pub(super) struct Heads {
    stream: TcpStream,
    calls: OpenCalls,
    timeout: Duration,
    /// Requests that had begun when the peer was last waited for.
    started: u64,
    /// Runs while a head is waited for: the first one, or one that has begun.
    late: Option<Pin<Box<Sleep>>>,
}

impl Heads {
    /// The peer has `timeout` for each head of the requests that `calls` counts.
    pub(super) fn new(stream: TcpStream, calls: OpenCalls, timeout: Duration) -> Self {
        Self {
            stream,
            calls,
            timeout,
            started: 0,
            late: Some(Box::pin(sleep(timeout))),
        }
    }
}

impl AsyncRead for Heads {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.calls.started() != self.started {
            self.started = self.calls.started();
            self.late = None;
        }
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(task, buffer) {
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

impl AsyncWrite for Heads {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(task, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(task)
    }
}
