//! Permits of calls in flight. A call has one while it is worked on: from its start to the
//! response headers, except while it waits for its caller.

mod state;

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;

use self::state::InFlightState;

/// The semaphore of all permits. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct InFlight(Arc<Semaphore>);

impl InFlight {
    pub(super) fn new(permits: usize) -> Self {
        Self(Arc::new(Semaphore::new(permits)))
    }

    /// A permit for a new call, if one is free.
    pub(super) fn begin(&self) -> Option<InFlightGuard> {
        let work = InFlightState::begin(Arc::clone(&self.0))?;
        Some(InFlightGuard(Arc::new(work)))
    }
}

/// The permit of one call, released for good when this is dropped.
#[derive(Debug)]
pub(super) struct InFlightGuard(Arc<InFlightState>);

impl InFlightGuard {
    /// Releases the permit while the call waits for its caller.
    pub(super) fn pauses(&self) -> PermitPauses {
        PermitPauses {
            work: Arc::clone(&self.0),
            waiting: None,
        }
    }

    /// The handle that the call's handler finds in its request.
    pub(super) fn permit(&self) -> InFlightPermit {
        InFlightPermit(Arc::clone(&self.0))
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Releases the permit of a call while it waits for its caller, and acquires it again.
pub(super) struct PermitPauses {
    work: Arc<InFlightState>,
    /// Set while the call waits for a permit.
    waiting: Option<BoxFuture<'static, ()>>,
}

impl PermitPauses {
    /// The call waits for its caller: releases the permit.
    pub(super) fn begin(&self) {
        self.work.pause();
    }

    /// The caller has sent something: acquires a permit again. False if none is free.
    pub(super) fn end(&self) -> bool {
        self.work.try_resume()
    }

    /// The same for a call whose handler runs already: it waits until a permit is free.
    pub(super) fn poll_end(&mut self, task: &mut Context<'_>) -> Poll<()> {
        if self.waiting.is_none() && self.work.try_resume() {
            return Poll::Ready(());
        }
        let work = &self.work;
        let waiting = self.waiting.get_or_insert_with(|| {
            let work = Arc::clone(work);
            async move { work.resume().await }.boxed()
        });
        ready!(waiting.as_mut().poll(task));
        self.waiting = None;
        Poll::Ready(())
    }
}

/// In the extensions of each streaming request: the permit of its call, which the call has while it
/// does not wait for its caller.
#[derive(Clone, Debug)]
pub struct InFlightPermit(Arc<InFlightState>);

impl InFlightPermit {
    /// For a handler that works on what it has read and reads more meanwhile: the permit is not
    /// released while the result is held. Waits for a permit if it was released.
    pub async fn hold(&self) -> HeldPermit {
        self.0.resume().await;
        self.0.set_held(true);
        HeldPermit(Arc::clone(&self.0))
    }
}

/// Keeps the permit of a call until this is dropped.
#[derive(Debug)]
pub struct HeldPermit(Arc<InFlightState>);

impl Drop for HeldPermit {
    fn drop(&mut self) {
        self.0.set_held(false);
    }
}

#[cfg(test)]
mod tests;
