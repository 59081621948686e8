//! The body of a response, watched to its last trailer.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::codegen::Bytes;
use tonic::{Code, Status};

use super::call::Call;
use super::meter::Meter;

pin_project! {
    /// A response body that ends the span of its call: by the status in the
    /// trailers, by an error, or as CANCELLED when it is dropped before.
    #[derive(Debug)]
    pub struct TracedBody<B> {
        #[pin]
        inner: B,
        call: Call,
        meter: Meter,
    }
}

impl<B> TracedBody<B> {
    pub(super) fn new(inner: B, call: Call) -> Self {
        let meter = call.response_meter();
        Self { inner, call, meter }
    }

    /// The body that is watched.
    pub fn get_ref(&self) -> &B {
        &self.inner
    }
}

impl<B: Body<Data = Bytes, Error = Status>> Body for TracedBody<B> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.project();
        this.meter.resume();
        let polled = {
            // What a stream does while it is read belongs to the call.
            let _current = this.call.context().clone().attach();
            ready!(this.inner.poll_frame(task))
        };
        match &polled {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    this.meter.data(data);
                }
                if let Some(trailers) = frame.trailers_ref() {
                    this.call.end_by(trailers);
                }
            }
            Some(Err(error)) => this.call.end(error.code()),
            // A gRPC response ends with a status; without one the call failed.
            None => this.call.end(Code::Unknown),
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
