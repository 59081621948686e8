//! What may end a call early.

use std::future::pending;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};
use tonic::Status;

use crate::ErrorDomain;
use crate::call::ForcedShutdown;

/// When a call has to end early.
pub(in crate::middleware) struct End {
    deadline: Option<Instant>,
    /// When the token of the caller has expired.
    expiry: Option<Instant>,
    forced_shutdown: Option<ForcedShutdown>,
    /// Made when it is waited for, as few calls are: most end at once.
    waited_for: Option<BoxFuture<'static, Status>>,
}

impl End {
    pub(in crate::middleware) fn new(
        timeout: Option<Duration>,
        forced_shutdown: Option<&ForcedShutdown>,
    ) -> Self {
        Self {
            // A time that is too long for the clock is none.
            deadline: timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
            expiry: None,
            forced_shutdown: forced_shutdown.cloned(),
            waited_for: None,
        }
    }

    /// Ends the call at `expiry` too, if there is one.
    pub(in crate::middleware) fn at_expiry(self, expiry: Option<Instant>) -> Self {
        Self { expiry, ..self }
    }

    /// When the call has to end, whatever happens.
    pub(in crate::middleware) fn at(&self) -> Option<Instant> {
        self.deadline.into_iter().chain(self.expiry).min()
    }

    /// Ready with its status, of `domain`, when the call has to end now.
    pub(in crate::middleware) fn poll(
        &mut self,
        domain: ErrorDomain,
        task: &mut Context<'_>,
    ) -> Poll<Status> {
        let Self {
            deadline,
            expiry,
            forced_shutdown,
            waited_for,
        } = self;
        let end = waited_for.get_or_insert_with(|| {
            Box::pin(end(domain, *deadline, *expiry, forced_shutdown.take()))
        });
        end.as_mut().poll(task)
    }
}

async fn end(
    domain: ErrorDomain,
    deadline: Option<Instant>,
    expiry: Option<Instant>,
    forced_shutdown: Option<ForcedShutdown>,
) -> Status {
    let stopping = async {
        match forced_shutdown {
            Some(forced) => forced.cancelled().await,
            None => pending().await,
        }
    };
    tokio::select! {
        biased;
        () = until(deadline) => domain.deadline_exceeded(),
        () = until(expiry) => domain.token_expired(),
        () = stopping => domain.stopping(),
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}
