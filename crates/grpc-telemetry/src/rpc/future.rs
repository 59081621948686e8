//! The future of a response, polled inside the span of its call.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;
use tonic::Status;

use super::body::TracedBody;
use super::call::Call;
use super::code::of_transport;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

pin_project! {
    /// Resolves to the response with its body watched.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        call: Option<Call>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, call: Call) -> Self {
        Self {
            inner,
            call: Some(call),
        }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    /// The error is a [`Status`], so that the code in the span is the one the caller sees.
    type Output = Result<Response<TracedBody<B>>, Status>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = {
            let _current = this
                .call
                .as_ref()
                .map(|call| call.context().clone().attach());
            ready!(this.inner.poll(task))
        };
        let Some(mut call) = this.call.take() else {
            return Poll::Ready(Err(Status::internal("polled after its end")));
        };
        Poll::Ready(match result {
            Ok(response) => {
                // A response of trailers only has its status among the headers.
                call.end_by_head(response.status(), response.headers());
                Ok(response.map(|body| TracedBody::new(body, call)))
            }
            Err(error) => {
                let status = of_transport(error.into());
                call.end(status.code());
                Err(status)
            }
        })
    }
}
