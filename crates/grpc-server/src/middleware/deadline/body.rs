//! The response.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::Status;

use super::end::End;

pin_project! {
    /// A body that ends with the trailers of a status when the call has to end early.
    #[derive(Debug)]
    pub(in crate::middleware) struct DeadlineBody<B> {
        #[pin]
        inner: Option<B>,
        end: Option<End>,
        // Of a unary call: there is one message, and then the end.
        unary: bool,
    }
}

impl<B> DeadlineBody<B> {
    pub(super) fn new(inner: B, end: Option<End>, unary: bool) -> Self {
        Self {
            inner: Some(inner),
            end,
            unary,
        }
    }
}

/// The body of a response that has its status among the headers.
impl<B> Default for DeadlineBody<B> {
    fn default() -> Self {
        Self {
            inner: None,
            end: None,
            unary: true,
        }
    }
}

impl<B: Body> Body for DeadlineBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(mut inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        // The answer of a unary call is there at once, and needs no timer.
        if *this.unary
            && let Poll::Ready(frame) = inner.as_mut().poll_frame(task)
        {
            return Poll::Ready(frame);
        }
        // The end first: a stream that always has something would never meet it.
        if let Some(Poll::Ready(status)) = this.end.as_mut().map(|end| Pin::new(end).poll(task)) {
            // Dropping the stream cancels its work.
            this.inner.set(None);
            return Poll::Ready(Some(Ok(Frame::trailers(trailers(status)))));
        }
        match *this.unary {
            true => Poll::Pending,
            false => inner.poll_frame(task),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Some(inner) => inner.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}

fn trailers(status: Status) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    // It fails for a message that is no header value; ours are ASCII.
    let _ = status.add_header(&mut trailers);
    trailers
}
