//! What may end a call early.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::Status;

use crate::status;
use crate::transport::GraceOver;

/// Resolves to the status of a call that has to end now.
pub(super) struct End {
    /// Whether there was no time from the start.
    late: bool,
    deadline: Option<Pin<Box<Sleep>>>,
    grace_over: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl End {
    pub(super) fn new(timeout: Option<Duration>, grace_over: Option<&GraceOver>) -> Self {
        Self {
            late: timeout == Some(Duration::ZERO),
            deadline: timeout.map(|timeout| Box::pin(sleep(timeout))),
            grace_over: grace_over
                .map(|GraceOver(token)| Box::pin(token.clone().cancelled_owned())),
        }
    }
}

impl End {
    /// When the call is late.
    pub(super) fn deadline(&self) -> Option<Instant> {
        Some(self.deadline.as_ref()?.deadline())
    }

    /// The status of a call that came too late to be begun.
    pub(super) fn before_the_start(&self) -> Option<Status> {
        self.late.then(status::deadline_exceeded)
    }
}

impl Future for End {
    type Output = Status;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Status> {
        if let Some(deadline) = &mut self.deadline
            && deadline.as_mut().poll(task).is_ready()
        {
            return Poll::Ready(status::deadline_exceeded());
        }
        match &mut self.grace_over {
            Some(over) => over.as_mut().poll(task).map(|()| status::stopping()),
            None => Poll::Pending,
        }
    }
}

impl fmt::Debug for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("End")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
