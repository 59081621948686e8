//! The request.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tonic::Status;

use crate::ErrorDomain;
use crate::call::{BoxError, TooManyBytes};
use crate::middleware::in_flight::PermitPauses;
use crate::middleware::refusal::Refusals;

pin_project! {
    /// A body that fails when it is waited for longer than its sender may be silent. While
    /// it is waited for, its call has no in-flight permit.
    pub(in crate::middleware) struct AwaitedBody<B: Body> {
        #[pin]
        inner: B,
        awaiting: Awaiting,
        // Runs while the body is waited for.
        timer: Option<Pin<Box<Sleep>>>,
        // What has come, until the call has a permit again: boxed, as hardly any call waits for one.
        arrived: Option<Box<Arrived<B>>>,
    }
}

type Arrived<B> = Option<Result<Frame<<B as Body>::Data>, BoxError>>;

/// What happens while a body is waited for.
pub(in crate::middleware) struct Awaiting {
    pub(in crate::middleware) rules: Arc<AwaitRules>,
    /// Releases the call's permit while it waits for its caller.
    pub(in crate::middleware) pauses: PermitPauses,
    /// Whether work has begun before all has come, which then continues when the call has a permit.
    pub(in crate::middleware) is_stream: bool,
}

/// The same for all bodies.
pub(in crate::middleware) struct AwaitRules {
    pub(in crate::middleware) domain: ErrorDomain,
    /// How long its sender may be silent.
    pub(in crate::middleware) silence: Duration,
    /// What makes the status of a call that is beyond a limit.
    pub(in crate::middleware) refusals: Refusals,
}

impl Awaiting {
    /// The error of a body, as a status if it is that of a limit.
    fn completed(&self, error: BoxError) -> BoxError {
        match error.downcast_ref::<TooManyBytes>() {
            Some(too_many) => self.rules.refusals.status(too_many.into()).into(),
            None => error,
        }
    }

    /// Ready when the call has a permit again.
    ///
    /// # Errors
    /// When there is none for a call that had not begun.
    fn poll_permit(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Status>> {
        if self.is_stream {
            return self.pauses.poll_end(task).map(Ok);
        }
        Poll::Ready(match self.pauses.end() {
            true => Ok(()),
            false => Err(self.rules.domain.overloaded()),
        })
    }
}

impl<B: Body> AwaitedBody<B> {
    pub(in crate::middleware) fn new(inner: B, awaiting: Awaiting) -> Self {
        Self {
            inner,
            awaiting,
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
        let arrived = match this.arrived.take() {
            Some(arrived) => *arrived,
            None => {
                let Poll::Ready(arrived) = this.inner.poll_frame(task) else {
                    this.awaiting.pauses.begin();
                    let rules = &this.awaiting.rules;
                    let silence = rules.silence;
                    let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(silence)));
                    ready!(timer.as_mut().poll(task));
                    return Poll::Ready(Some(Err(rules.domain.stream_idle().into())));
                };
                *this.timer = None;
                arrived.map(|frame| frame.map_err(|error| this.awaiting.completed(error.into())))
            }
        };
        match this.awaiting.poll_permit(task) {
            Poll::Ready(Ok(())) => Poll::Ready(arrived),
            Poll::Ready(Err(overloaded)) => Poll::Ready(Some(Err(overloaded.into()))),
            Poll::Pending => {
                *this.arrived = Some(Box::new(arrived));
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.arrived.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
