//! The layer that keeps callers within their limits.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::future::Either;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::{Callers, Place, QuotaLimits, Shape};
use crate::call::BoxError;
use crate::methods::Methods;
use crate::middleware::identity::Caller;
use crate::middleware::refusal::{CallRefusal, Refusals};
use crate::roles::{Requirement, Roles};

/// Refuses a call whose caller has taken what it may. A call counts until the
/// last of its response is sent.
#[derive(Clone, Debug)]
pub(in crate::middleware) struct QuotaLayer {
    /// None if there are no limits.
    callers: Option<Arc<Callers>>,
    methods: Methods,
    roles: Roles,
    refusals: Refusals,
}

impl QuotaLayer {
    /// Keeps callers of `methods` within `limits`.
    pub(in crate::middleware) fn new(
        methods: Methods,
        roles: Roles,
        refusals: Refusals,
        limits: QuotaLimits,
    ) -> Self {
        let callers = (!limits.are_none()).then(|| Arc::new(Callers::new(limits)));
        Self {
            callers,
            methods,
            roles,
            refusals,
        }
    }

    /// A place for `request`, if it needs one.
    fn admit<A>(&self, request: &Request<A>) -> Result<Option<Place>, CallRefusal> {
        let Some(callers) = &self.callers else {
            return Ok(None);
        };
        let path = request.uri().path();
        // Probes must not fail because somebody behind the same address calls too much.
        if self.roles.of(path) == Some(&Requirement::Nothing) {
            return Ok(None);
        }
        let shape = match self.methods.is_unary(path) {
            true => Shape::Unary,
            false => Shape::Stream,
        };
        callers
            .admit(Caller::of(request.extensions()), shape)
            .map(Some)
    }
}

impl<S> Layer<S> for QuotaLayer {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Limited {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of [`QuotaLayer`].
#[derive(Clone, Debug)]
pub(in crate::middleware) struct Limited<S> {
    inner: S,
    layer: QuotaLayer,
}

impl<S, A, B> Service<Request<A>> for Limited<S>
where
    S: Service<Request<A>, Response = Response<B>, Error = BoxError>,
{
    type Response = Response<PlacedBody<B>>;
    type Error = BoxError;
    type Future = Either<PlacedFuture<S::Future>, Ready<Result<Self::Response, BoxError>>>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        match self.layer.admit(&request) {
            Ok(place) => Either::Left(PlacedFuture {
                inner: self.inner.call(request),
                place,
            }),
            Err(refusal) => {
                let status = self.layer.refusals.status(refusal);
                Either::Right(ready(Err(status.into())))
            }
        }
    }
}

pin_project! {
    /// The way to a response that has a place.
    #[derive(Debug)]
    pub(in crate::middleware) struct PlacedFuture<F> {
        #[pin]
        inner: F,
        place: Option<Place>,
    }
}

impl<F, B> Future for PlacedFuture<F>
where
    F: Future<Output = Result<Response<B>, BoxError>>,
{
    type Output = Result<Response<PlacedBody<B>>, BoxError>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(task));
        let _place = this.place.take();
        Poll::Ready(result.map(|response| response.map(|inner| PlacedBody { inner, _place })))
    }
}

pin_project! {
    /// A body that gives the place of its call back when it is dropped.
    #[derive(Debug)]
    pub(in crate::middleware) struct PlacedBody<B> {
        #[pin]
        inner: B,
        _place: Option<Place>,
    }
}

impl<B: Body> Body for PlacedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().inner.poll_frame(task)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
