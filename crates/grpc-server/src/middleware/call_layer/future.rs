//! The way to the response.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

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
    #[project = CallNow]
    pub(in crate::middleware) enum CallFuture<F> {
        Working {
            #[pin]
            inner: F,
            // It moves on into the body.
            call: Option<AdmittedCall>,
            // The in-flight permit, until the response headers.
            working: Option<InFlightGuard>,
        },
        // Boxed, as each layer copies this.
        Refused { response: Option<Box<Response<()>>> },
    }
}

impl<F> CallFuture<F> {
    pub(super) fn new(inner: F, call: AdmittedCall, working: InFlightGuard) -> Self {
        Self::Working {
            inner,
            call: Some(call),
            working: Some(working),
        }
    }

    /// For a call that is not made, with its response, which has no body.
    pub(super) fn refused(response: Response<()>) -> Self {
        Self::Refused {
            response: Some(Box::new(response)),
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
        let (inner, running, working) = match self.project() {
            CallNow::Working {
                inner,
                call,
                working,
            } => (inner, call, working),
            CallNow::Refused { response } => {
                return match response.take() {
                    Some(response) => Poll::Ready(Ok(response.map(|()| CallBody::default()))),
                    None => Poll::Pending,
                };
            }
        };
        let Some(call) = running else {
            return Poll::Pending;
        };
        // Safe to go on with: what panicked is not polled again.
        let polled = catch_unwind(AssertUnwindSafe(|| inner.poll(task)));
        let domain = call.domain;
        let status = match polled {
            Ok(Poll::Ready(result)) => match errors::complete(domain, result.map_err(Into::into)) {
                Ok(response) => {
                    *working = None;
                    let call = running.take();
                    return Poll::Ready(Ok(response.map(|body| CallBody::new(body, call))));
                }
                Err(status) => status,
            },
            Ok(Poll::Pending) => ready!(call.poll_end(task)),
            Err(panic) => errors::panicked(domain, panic),
        };
        *running = None;
        Poll::Ready(Ok(status.into_http()))
    }
}
