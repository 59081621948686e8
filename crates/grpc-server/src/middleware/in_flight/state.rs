//! Whether one call has a permit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One call: it has one of all `permits`, waits for its caller, or is over.
#[derive(Debug)]
pub(super) struct InFlightState {
    permits: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// None while the call waits for its caller, and when it is over.
    permit: Option<OwnedSemaphorePermit>,
    held: bool,
    over: bool,
}

impl InFlightState {
    /// Starts with one of `permits`, if one is free.
    pub(super) fn begin(permits: Arc<Semaphore>) -> Option<Self> {
        let permit = Arc::clone(&permits).try_acquire_owned().ok()?;
        let state = State {
            permit: Some(permit),
            held: false,
            over: false,
        };
        Some(Self {
            permits,
            state: Mutex::new(state),
        })
    }

    /// Releases the permit, unless it is held.
    pub(super) fn pause(&self) {
        let mut state = self.lock();
        if !state.held {
            state.permit = None;
        }
    }

    /// Acquires a permit if one is needed. False if none is free.
    pub(super) fn try_resume(&self) -> bool {
        let mut state = self.lock();
        if state.has_what_it_needs() {
            return true;
        }
        state.permit = Arc::clone(&self.permits).try_acquire_owned().ok();
        state.permit.is_some()
    }

    /// Waits for a permit, if one is needed.
    pub(super) async fn resume(&self) {
        if self.lock().has_what_it_needs() {
            return;
        }
        // It fails for a semaphore that was closed, which this one never is.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        let mut state = self.lock();
        if !state.has_what_it_needs() {
            state.permit = permit;
        }
    }

    pub(super) fn set_held(&self, held: bool) {
        self.lock().held = held;
    }

    /// Releases the permit for good.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.over = true;
        state.permit = None;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whole at every point where a panic could happen.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_what_it_needs(&self) -> bool {
        self.over || self.permit.is_some()
    }
}
