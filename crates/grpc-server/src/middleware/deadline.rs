//! The ends that a call may meet before it is done, for the whole of it (until
//! the response and, for a stream, until its last message): the caller's
//! deadline (`grpc-timeout`), the server's own for a unary call, silence of the
//! caller, and the end of the grace when the connection or the server stops.

mod body;
mod end;
mod future;
mod request;

use std::task::{Context, Poll};
use std::time::Duration;

use grpc_telemetry::rpc::timeout_of;
use http::Request;
use tower::{Layer, Service};

use self::body::DeadlineBody;
use self::end::End;
use self::future::DeadlineFuture;
use self::request::AwaitedBody;
use super::CallLimits;
use crate::ErrorDomain;
use crate::call::{BoxError, ForcedShutdown};
use crate::methods::Methods;

/// Ends a call with DEADLINE_EXCEEDED when its deadline passes, and with
/// UNAVAILABLE when the [`ForcedShutdown`] of its request is cancelled.
#[derive(Clone, Debug)]
pub(super) struct DeadlineLayer {
    methods: Methods,
    limits: CallLimits,
    domain: ErrorDomain,
}

impl DeadlineLayer {
    /// Keeps calls of `methods` within `limits`.
    pub(super) fn new(methods: Methods, limits: CallLimits, domain: ErrorDomain) -> Self {
        Self {
            methods,
            limits,
            domain,
        }
    }

    fn is_unary<A>(&self, request: &Request<A>) -> bool {
        self.methods.is_unary(request.uri().path())
    }

    /// The time that a call has, if it has a limit.
    fn time<A>(&self, request: &Request<A>, unary: bool) -> Option<Duration> {
        let asked = timeout_of(request.headers());
        if !unary {
            return asked;
        }
        let most = self.limits.unary;
        Some(asked.map_or(most, |asked| asked.min(most)))
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = DeadlineService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        DeadlineService {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of [`DeadlineLayer`].
#[derive(Clone, Debug)]
pub(super) struct DeadlineService<S> {
    inner: S,
    layer: DeadlineLayer,
}

impl<S, A, B> Service<Request<A>> for DeadlineService<S>
where
    S: Service<Request<AwaitedBody<A>>, Response = http::Response<B>, Error = BoxError>,
{
    type Response = http::Response<DeadlineBody<B>>;
    type Error = BoxError;
    type Future = DeadlineFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let forced_shutdown = request.extensions().get::<ForcedShutdown>();
        let unary = self.layer.is_unary(&request);
        let end = End::new(
            self.layer.domain,
            self.layer.time(&request, unary),
            forced_shutdown,
        );
        let (silence, domain) = (self.layer.limits.silence, self.layer.domain);
        let request = request.map(|body| AwaitedBody::new(body, silence, domain));
        DeadlineFuture::new(self.inner.call(request), end, unary)
    }
}

#[cfg(test)]
mod tests;
