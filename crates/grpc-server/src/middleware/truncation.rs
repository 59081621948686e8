//! A request whose last message is whole, or an error.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use grpc_telemetry::rpc::Messages;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use prost::bytes::Bytes;
use tonic::Status;

use crate::call::BoxError;

pin_project! {
    /// A request body that fails if it ends in the middle of a message.
    #[derive(Debug)]
    pub(super) struct WholeMessages<B> {
        #[pin]
        inner: B,
        messages: Messages,
    }
}

impl<B> WholeMessages<B> {
    pub(super) fn new(inner: B) -> Self {
        Self {
            inner,
            messages: Messages::default(),
        }
    }
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>>> Body for WholeMessages<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        let frame = match ready!(this.inner.poll_frame(task)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
            None if this.messages.is_inside() => {
                // Said once.
                *this.messages = Messages::default();
                let cut = Status::internal("the request ends in the middle of a message");
                return Poll::Ready(Some(Err(cut.into())));
            }
            None => return Poll::Ready(None),
        };
        if let Some(data) = frame.data_ref() {
            this.messages.feed(data, |_| {});
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream() && !self.messages.is_inside()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
