//! The way to the response.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;
use tonic::Status;

use super::body::DeadlineBody;
use super::end::End;
use crate::call::BoxError;
use crate::middleware::in_time::EndsAt;

pin_project! {
    /// Resolves to the response, or to a status when the call has to end before.
    #[derive(Debug)]
    pub(in crate::middleware) struct DeadlineFuture<F> {
        #[pin]
        inner: F,
        // It moves on into the body.
        end: Option<End>,
        unary: bool,
    }
}

impl<F> DeadlineFuture<F> {
    pub(super) fn new(inner: F, end: End, unary: bool) -> Self {
        Self {
            inner,
            end: Some(end),
            unary,
        }
    }
}

impl<F, B> Future for DeadlineFuture<F>
where
    F: Future<Output = Result<Response<B>, BoxError>>,
{
    type Output = Result<Response<DeadlineBody<B>>, BoxError>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(status) = this.end.as_ref().and_then(End::before_the_start) {
            return Poll::Ready(Ok(status.into_http()));
        }
        if let Poll::Ready(result) = this.inner.poll(task) {
            let end = this.end.take();
            let deadline = end.as_ref().and_then(End::deadline);
            let mut response = result?.map(|body| DeadlineBody::new(body, end, *this.unary));
            if let Some(deadline) = deadline.filter(|_| !*this.unary) {
                response.extensions_mut().insert(EndsAt(deadline));
            }
            return Poll::Ready(Ok(response));
        }
        match this.end.as_mut().map(|end| Pin::new(end).poll(task)) {
            Some(Poll::Ready(status)) => Poll::Ready(Ok(Status::into_http(status))),
            _ => Poll::Pending,
        }
    }
}
