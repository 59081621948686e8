//! The request.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tonic::Status;

use crate::ErrorDomain;
use crate::call::{BoxError, TooManyBytes};
use crate::middleware::in_flight::Breaks;
use crate::middleware::refusal::Refusals;

pin_project! {
    /// A body that fails when it is waited for longer than its sender may be silent. While
    /// it is waited for, its call has no place in flight.
    pub(in crate::middleware) struct AwaitedBody<B: Body> {
        #[pin]
        inner: B,
        rules: Awaiting,
        // Runs while the body is waited for.
        timer: Option<Pin<Box<Sleep>>>,
        // What has come, until there is a place for the work on it.
        arrived: Option<Arrived<B>>,
    }
}

type Arrived<B> = Option<Result<Frame<<B as Body>::Data>, BoxError>>;

/// What happens while a body is waited for.
pub(in crate::middleware) struct Awaiting {
    pub(in crate::middleware) domain: ErrorDomain,
    /// How long its sender may be silent.
    pub(in crate::middleware) silence: Duration,
    /// What makes the status of a call that is beyond a limit.
    pub(in crate::middleware) refusals: Refusals,
    /// What gives the place of the call back.
    pub(in crate::middleware) breaks: Breaks,
    /// Whether work has begun before all has come, which then goes on when there is a place.
    pub(in crate::middleware) is_stream: bool,
}

impl Awaiting {
    /// The error of a body, as a status if it is that of a limit.
    fn completed(&self, error: BoxError) -> BoxError {
        match error.downcast_ref::<TooManyBytes>() {
            Some(too_many) => self.refusals.status(too_many.into()).into(),
            None => error,
        }
    }

    /// Ready when there is a place for the work on what has come.
    ///
    /// # Errors
    /// When there is none for a call that had not begun.
    fn poll_place(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Status>> {
        if self.is_stream {
            return self.breaks.poll_end(task).map(Ok);
        }
        Poll::Ready(match self.breaks.end() {
            true => Ok(()),
            false => Err(self.domain.overloaded()),
        })
    }
}

impl<B: Body> AwaitedBody<B> {
    pub(in crate::middleware) fn new(inner: B, rules: Awaiting) -> Self {
        Self {
            inner,
            rules,
            timer: None,
            arrived: None,
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
        if this.arrived.is_none() {
            let Poll::Ready(arrived) = this.inner.poll_frame(task) else {
                let rules = this.rules;
                rules.breaks.begin();
                let silence = rules.silence;
                let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(silence)));
                ready!(timer.as_mut().poll(task));
                return Poll::Ready(Some(Err(rules.domain.stream_idle().into())));
            };
            *this.timer = None;
            let rules = &*this.rules;
            let completed =
                |frame: Result<_, B::Error>| frame.map_err(|it| rules.completed(it.into()));
            *this.arrived = Some(arrived.map(completed));
        }
        let place = ready!(this.rules.poll_place(task));
        let arrived = this.arrived.take().flatten();
        Poll::Ready(match place {
            Ok(()) => arrived,
            Err(overloaded) => Some(Err(overloaded.into())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.arrived.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
