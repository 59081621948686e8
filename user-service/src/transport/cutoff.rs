//! The ends that a call may meet before it is done, for the whole of it (until
//! the response and, for a stream, until its last message): the caller's
//! deadline (`grpc-timeout`), the server's own for a unary call, silence of the
//! caller, and the end of the grace when the connection or the server stops.

mod body;
mod end;
mod future;
mod request;
mod timeout;

use std::collections::HashSet;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Request;
use tower::{Layer, Service};

use self::body::CutoffBody;
use self::end::End;
use self::future::CutoffFuture;
use self::request::AwaitedBody;
use super::{BoxError, CallLimits, GraceOver, Method};

/// Ends a call with DEADLINE_EXCEEDED when its deadline passes, and with
/// UNAVAILABLE when the [`GraceOver`] of its request is cancelled.
#[derive(Clone, Debug)]
pub(super) struct CutoffLayer {
    unary_paths: Arc<HashSet<String>>,
    limits: CallLimits,
}

impl CutoffLayer {
    /// Keeps calls of `methods` within `limits`.
    pub(super) fn new(methods: &[Method], limits: CallLimits) -> Self {
        Self {
            unary_paths: Arc::new(Method::unary_paths(methods)),
            limits,
        }
    }

    fn is_unary<A>(&self, request: &Request<A>) -> bool {
        self.unary_paths.contains(request.uri().path())
    }

    /// The time that a call has, if it has a limit.
    fn time<A>(&self, request: &Request<A>, unary: bool) -> Option<Duration> {
        let asked = timeout::of(request.headers());
        if !unary {
            return asked;
        }
        let most = self.limits.unary;
        Some(asked.map_or(most, |asked| asked.min(most)))
    }
}

impl<S> Layer<S> for CutoffLayer {
    type Service = Cutoff<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Cutoff {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of [`CutoffLayer`].
#[derive(Clone, Debug)]
pub(super) struct Cutoff<S> {
    inner: S,
    layer: CutoffLayer,
}

impl<S, A, B> Service<Request<A>> for Cutoff<S>
where
    S: Service<Request<AwaitedBody<A>>, Response = http::Response<B>, Error = BoxError>,
{
    type Response = http::Response<CutoffBody<B>>;
    type Error = BoxError;
    type Future = CutoffFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let grace_over = request.extensions().get::<GraceOver>();
        let unary = self.layer.is_unary(&request);
        let end = End::new(self.layer.time(&request, unary), grace_over);
        let silence = self.layer.limits.silence;
        let request = request.map(|body| AwaitedBody::new(body, silence));
        CutoffFuture::new(self.inner.call(request), end, unary)
    }
}

#[cfg(test)]
mod tests;
