//! Rejects requests with a truncated message, or with another number of messages than the method takes.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use grpc_telemetry::rpc::Messages;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use prost::bytes::Bytes;
use tonic::Status;

use crate::ErrorDomain;
use crate::call::BoxError;

pin_project! {
    /// A request body that fails if it ends in the middle of a message, or, where there has
    /// to be one message, if it has none or a second one begins.
    #[derive(Debug)]
    pub(super) struct WholeMessages<B> {
        #[pin]
        inner: B,
        messages: Messages,
        count: Count,
        domain: ErrorDomain,
    }
}

/// How many messages there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    /// Any number: a stream.
    Any,
    /// None yet, where there has to be one.
    None,
    One,
    TooMany,
}

impl Count {
    fn add(&mut self) {
        *self = match self {
            Self::Any => Self::Any,
            Self::None => Self::One,
            Self::One | Self::TooMany => Self::TooMany,
        };
    }
}

impl<B> WholeMessages<B> {
    /// The messages of `inner`: exactly one if there has to be `one`.
    pub(super) fn new(inner: B, one: bool, domain: ErrorDomain) -> Self {
        Self {
            inner,
            messages: Messages::default(),
            count: match one {
                true => Count::None,
                false => Count::Any,
            },
            domain,
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
            None if *this.count == Count::None => {
                // Said once.
                *this.count = Count::Any;
                return Poll::Ready(Some(Err(this.domain.not_one_request().into())));
            }
            None => return Poll::Ready(None),
        };
        if let Some(data) = frame.data_ref() {
            this.messages.feed(data, |_| this.count.add());
        }
        match this.count {
            Count::TooMany => Poll::Ready(Some(Err(this.domain.not_one_request().into()))),
            _ => Poll::Ready(Some(Ok(frame))),
        }
    }

    fn is_end_stream(&self) -> bool {
        // tonic does not poll a body that says that it is over.
        let over = !self.messages.is_inside() && self.count != Count::None;
        over && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
