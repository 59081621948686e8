//! Another response from each response of a service.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower::Service;

/// What tower's `MapResponse` is, with a future that copies a response once: tower's copies it three
/// times.
#[derive(Clone, Debug)]
pub(crate) struct MapResponse<S, M> {
    inner: S,
    map: M,
}

impl<S, M> MapResponse<S, M> {
    /// Returns what `map` makes of the responses of `inner`.
    pub(crate) fn new(inner: S, map: M) -> Self {
        Self { inner, map }
    }
}

impl<S, M, R, T> Service<R> for MapResponse<S, M>
where
    S: Service<R>,
    M: Fn(S::Response) -> T + Clone,
{
    type Response = T;
    type Error = S::Error;
    type Future = MapResponseFuture<S::Future, M>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: R) -> Self::Future {
        MapResponseFuture {
            inner: self.inner.call(request),
            map: self.map.clone(),
        }
    }
}

pin_project! {
    /// The future of [`MapResponse`].
    #[derive(Debug)]
    pub(crate) struct MapResponseFuture<F, M> {
        #[pin]
        inner: F,
        map: M,
    }
}

impl<F, M, A, T, E> Future for MapResponseFuture<F, M>
where
    F: Future<Output = Result<A, E>>,
    M: Fn(A) -> T,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // `?` would copy the response twice.
        match ready!(this.inner.poll(task)) {
            Ok(response) => Poll::Ready(Ok((this.map)(response))),
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}
