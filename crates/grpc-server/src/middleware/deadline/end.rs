//! What may end a call early.

use std::fmt;
use std::future::{Future, pending};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::ErrorDomain;
use crate::call::ForcedShutdown;

/// Resolves to the status of a call that has to end now.
pub(super) struct End {
    domain: ErrorDomain,
    /// Whether there was no time from the start.
    late: bool,
    deadline: Option<Instant>,
    forced_shutdown: Option<CancellationToken>,
    /// Made when it is waited for, as few calls are: most are answered at once.
    waited_for: Option<BoxFuture<'static, Status>>,
}

impl End {
    pub(super) fn new(
        domain: ErrorDomain,
        timeout: Option<Duration>,
        forced_shutdown: Option<&ForcedShutdown>,
    ) -> Self {
        Self {
            domain,
            late: timeout == Some(Duration::ZERO),
            // A time that is too long for the clock is none.
            deadline: timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
            forced_shutdown: forced_shutdown.map(|ForcedShutdown(token)| token.clone()),
            waited_for: None,
        }
    }

    /// When the call is late.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The status of a call that came too late to be begun.
    pub(super) fn before_the_start(&self) -> Option<Status> {
        self.late.then(|| self.domain.deadline_exceeded())
    }
}

impl Future for End {
    type Output = Status;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Status> {
        let Self {
            domain,
            deadline,
            forced_shutdown,
            waited_for,
            ..
        } = &mut *self;
        let end = waited_for
            .get_or_insert_with(|| Box::pin(end(*domain, *deadline, forced_shutdown.take())));
        end.as_mut().poll(task)
    }
}

async fn end(
    domain: ErrorDomain,
    deadline: Option<Instant>,
    forced_shutdown: Option<CancellationToken>,
) -> Status {
    let late = async {
        match deadline {
            Some(deadline) => sleep_until(deadline).await,
            None => pending().await,
        }
    };
    let stopping = async {
        match forced_shutdown {
            Some(token) => token.cancelled().await,
            None => pending().await,
        }
    };
    tokio::select! {
        biased;
        () = late => domain.deadline_exceeded(),
        () = stopping => domain.stopping(),
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
