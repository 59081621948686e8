//! The way to the response.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use http_body::Body as HttpBody;
use pin_project_lite::pin_project;
use prost::bytes::Bytes;

use super::{AdmittedCall, CallBody};
use crate::call::BoxError;
use crate::middleware::errors;
use crate::middleware::in_flight::InFlightGuard;

pin_project! {
    /// Resolves to the response, or to a status when the call has to end before or panics.
    pub(in crate::middleware) struct CallFuture<F> {
        #[pin]
        inner: F,
        // It moves on into the body.
        call: Option<AdmittedCall>,
        // The in-flight permit, until the response headers.
        working: Option<InFlightGuard>,
    }
}

impl<F> CallFuture<F> {
    pub(super) fn new(inner: F, call: AdmittedCall, working: InFlightGuard) -> Self {
        Self {
            inner,
            call: Some(call),
            working: Some(working),
        }
    }
}

impl<F, B, E> Future for CallFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
    B: HttpBody<Data = Bytes, Error: Into<BoxError>>,
{
    type Output = Result<Response<CallBody<B>>, BoxError>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(mut call) = this.call.take() else {
            return Poll::Pending;
        };
        // Safe to go on with: what panicked is not polled again.
        let polled = catch_unwind(AssertUnwindSafe(|| this.inner.poll(task)));
        let domain = call.domain;
        let status = match polled {
            Ok(Poll::Ready(result)) => match errors::complete(domain, result.map_err(Into::into)) {
                Ok(response) => {
                    *this.working = None;
                    return Poll::Ready(Ok(response.map(|body| CallBody::new(body, call))));
                }
                Err(status) => status,
            },
            Ok(Poll::Pending) => match call.poll_end(task) {
                Poll::Ready(status) => status,
                Poll::Pending => {
                    *this.call = Some(call);
                    return Poll::Pending;
                }
            },
            Err(panic) => errors::panicked(domain, panic),
        };
        Poll::Ready(Ok(status.into_http()))
    }
}
