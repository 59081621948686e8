//! The body of a response, watched to its end.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;

use super::exchange::Exchange;

/// A body that ends the span of its request with its last frame.
#[derive(Debug)]
pub(super) struct RecordedBody {
    inner: Body,
    exchange: Exchange,
}

impl RecordedBody {
    pub(super) fn new(inner: Body, exchange: Exchange) -> Self {
        let mut body = Self { inner, exchange };
        // Such a body is not polled at all.
        body.end_if_read();
        body
    }

    fn end_if_read(&mut self) {
        if self.inner.is_end_stream() {
            self.exchange.end_sent(true);
        }
    }
}

impl HttpBody for RecordedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = {
            let _current = self.exchange.context().clone().attach();
            ready!(Pin::new(&mut self.inner).poll_frame(task))
        };
        match &polled {
            Some(Ok(_)) => self.end_if_read(),
            Some(Err(_)) => self.exchange.end_sent(false),
            None => self.exchange.end_sent(true),
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
