//! The request.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

use crate::ErrorDomain;
use crate::call::BoxError;

pin_project! {
    /// A body that fails when it is waited for longer than its sender may be silent.
    #[derive(Debug)]
    pub(in crate::middleware) struct AwaitedBody<B> {
        #[pin]
        inner: B,
        silence: Duration,
        domain: ErrorDomain,
        // Runs while the body is waited for.
        timer: Option<Pin<Box<Sleep>>>,
    }
}

impl<B> AwaitedBody<B> {
    pub(in crate::middleware) fn new(inner: B, silence: Duration, domain: ErrorDomain) -> Self {
        Self {
            inner,
            silence,
            domain,
            timer: None,
        }
    }
}

impl<B: Body<Error: Into<BoxError>>> Body for AwaitedBody<B> {
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let this = self.project();
        if let Poll::Ready(frame) = this.inner.poll_frame(task) {
            *this.timer = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let silence = *this.silence;
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(silence)));
        ready!(timer.as_mut().poll(task));
        Poll::Ready(Some(Err(this.domain.stream_idle().into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
