//! The response, to its last frame.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::Instant;
use tonic::Status;

use super::AdmittedCall;
use crate::call::BoxError;
use crate::middleware::errors;

pin_project! {
    /// A body that always ends with a complete status: also when the call has to end early,
    /// after a panic, and where a library made it. Dropping it releases the call's quota permit.
    pub(in crate::middleware) struct CallBody<B> {
        // None after its last frame, and for a response that has its status among the headers.
        #[pin]
        inner: Option<B>,
        call: Option<AdmittedCall>,
    }
}

impl<B> CallBody<B> {
    /// The body of `call`, of which there is none after its end.
    pub(super) fn new(inner: B, call: Option<AdmittedCall>) -> Self {
        Self {
            inner: Some(inner),
            call,
        }
    }

    /// When a stream has to end, with its last frame: at its deadline, or when the token of its
    /// caller has expired. A unary call has one message, and none that its reader could keep waiting.
    pub(in crate::middleware) fn stream_deadline(&self) -> Option<Instant> {
        let stream = self.call.as_ref().filter(|call| !call.unary);
        stream?.end.at()
    }
}

/// The body of a response that has its status among the headers.
impl<B> Default for CallBody<B> {
    fn default() -> Self {
        Self {
            inner: None,
            call: None,
        }
    }
}

impl<B: Body<Error: Into<BoxError>>> Body for CallBody<B> {
    type Data = B::Data;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, Status>>> {
        let mut this = self.project();
        let (Some(inner), Some(call)) = (this.inner.as_mut().as_pin_mut(), this.call.as_mut())
        else {
            return Poll::Ready(None);
        };
        let last = match poll(inner, call, task) {
            Progress::Frame(frame) => return Poll::Ready(frame),
            Progress::Pending => return Poll::Pending,
            Progress::End(status) => status,
        };
        // Dropping the stream cancels its work.
        this.inner.set(None);
        Poll::Ready(Some(Ok(Frame::trailers(errors::trailers(&last)))))
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

enum Progress<D> {
    Frame(Option<Result<Frame<D>, Status>>),
    Pending,
    /// The body ends here, with this status.
    End(Status),
}

fn poll<B: Body<Error: Into<BoxError>>>(
    inner: Pin<&mut B>,
    call: &mut AdmittedCall,
    task: &mut Context<'_>,
) -> Progress<B::Data> {
    // A stream that always has something would never meet its end. The response of a unary
    // call is there at once, and needs no timer.
    if !call.unary
        && let Poll::Ready(status) = call.poll_end(task)
    {
        return Progress::End(status);
    }
    // Safe to go on with: what panicked is not used again.
    let polled = catch_unwind(AssertUnwindSafe(|| inner.poll_frame(task)));
    match polled {
        Ok(Poll::Ready(frame)) => Progress::Frame(frame.map(|frame| match frame {
            Ok(frame) => Ok(errors::completed(call.domain, frame)),
            Err(error) => Err(Status::from_error(error.into())),
        })),
        Ok(Poll::Pending) if call.unary => match call.poll_end(task) {
            Poll::Ready(status) => Progress::End(status),
            Poll::Pending => Progress::Pending,
        },
        Ok(Poll::Pending) => Progress::Pending,
        Err(panic) => Progress::End(errors::panicked(call.domain, panic)),
    }
}
