//! The ends that a call may meet before it is done, for the whole of it (until
//! the response and, for a stream, until its last message): the caller's
//! deadline (`grpc-timeout`), and the end of the grace when the server stops.

mod body;
mod end;
mod future;
mod timeout;

use std::task::{Context, Poll};

use http::Request;
use tokio_util::sync::CancellationToken;
use tower::{Layer, Service};

use self::body::CutoffBody;
use self::end::End;
use self::future::CutoffFuture;
use super::BoxError;

/// Ends a call with DEADLINE_EXCEEDED when its deadline passes, and with
/// UNAVAILABLE when the server's grace is over.
#[derive(Clone, Debug)]
pub(super) struct CutoffLayer {
    grace_over: CancellationToken,
}

impl CutoffLayer {
    /// `grace_over` is cancelled when no call may go on.
    pub(super) fn new(grace_over: CancellationToken) -> Self {
        Self { grace_over }
    }
}

impl<S> Layer<S> for CutoffLayer {
    type Service = Cutoff<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Cutoff {
            inner,
            grace_over: self.grace_over.clone(),
        }
    }
}

/// The service of [`CutoffLayer`].
#[derive(Clone, Debug)]
pub(super) struct Cutoff<S> {
    inner: S,
    grace_over: CancellationToken,
}

impl<S, A, B> Service<Request<A>> for Cutoff<S>
where
    S: Service<Request<A>, Response = http::Response<B>, Error = BoxError>,
{
    type Response = http::Response<CutoffBody<B>>;
    type Error = BoxError;
    type Future = CutoffFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let end = End::new(timeout::of(request.headers()), &self.grace_over);
        CutoffFuture::new(self.inner.call(request), end)
    }
}

#[cfg(test)]
mod tests;
