//! The place of one call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The work on one call, which has a place among all `places` or waits for its caller.
#[derive(Debug)]
pub(super) struct Work {
    places: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// None while the call waits for its caller, and when the work is over.
    place: Option<OwnedSemaphorePermit>,
    held: bool,
    over: bool,
}

impl Work {
    /// Begins in one of `places`, if one is free.
    pub(super) fn begin(places: Arc<Semaphore>) -> Option<Self> {
        let place = Arc::clone(&places).try_acquire_owned().ok()?;
        let state = State {
            place: Some(place),
            held: false,
            over: false,
        };
        Some(Self {
            places,
            state: Mutex::new(state),
        })
    }

    /// Gives the place back, unless it is held.
    pub(super) fn pause(&self) {
        let mut state = self.lock();
        if !state.held {
            state.place = None;
        }
    }

    /// Whether there is a place again, or none is needed.
    pub(super) fn try_resume(&self) -> bool {
        let mut state = self.lock();
        if state.has_what_it_needs() {
            return true;
        }
        state.place = Arc::clone(&self.places).try_acquire_owned().ok();
        state.place.is_some()
    }

    /// Waits for a place, if one is needed.
    pub(super) async fn resume(&self) {
        if self.lock().has_what_it_needs() {
            return;
        }
        // It fails for a semaphore that was closed, which this one never is.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let mut state = self.lock();
        if !state.has_what_it_needs() {
            state.place = place;
        }
    }

    pub(super) fn set_held(&self, held: bool) {
        self.lock().held = held;
    }

    /// Gives the place back for good.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.over = true;
        state.place = None;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whole at every point where a panic could happen.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_what_it_needs(&self) -> bool {
        self.over || self.place.is_some()
    }
}
