//! A circuit breaker: after some consecutive failures it bypasses the store,
//! until a probe has succeeded.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::sync::Notify;

/// Failures in a row that open the circuit breaker.
const THRESHOLD: u32 = 5;

/// Starts open: no call waits for a store that no probe has reached yet.
pub(super) struct CircuitBreaker {
    open: AtomicBool,
    failures: AtomicU32,
    opened: Notify,
}

impl CircuitBreaker {
    pub(super) fn new() -> Self {
        Self {
            open: AtomicBool::new(true),
            failures: AtomicU32::new(0),
            opened: Notify::new(),
        }
    }

    /// Whether calls should be left out.
    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// Takes note of a call that worked.
    pub(super) fn succeeded(&self) {
        self.failures.store(0, Ordering::Relaxed);
    }

    /// Notes a failed call. Returns whether it opened the circuit breaker.
    pub(super) fn failed(&self) -> bool {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        failures >= THRESHOLD && self.open()
    }

    /// Opens it. Returns whether it was closed.
    pub(super) fn open(&self) -> bool {
        if self.open.swap(true, Ordering::Relaxed) {
            return false;
        }
        self.opened.notify_waiters();
        true
    }

    /// Lets calls through again.
    pub(super) fn close(&self) {
        self.failures.store(0, Ordering::Relaxed);
        self.open.store(false, Ordering::Relaxed);
    }

    /// Returns when the circuit breaker is open.
    pub(super) async fn until_open(&self) {
        loop {
            // Before the look: an opening right after it is not missed.
            let opened = self.opened.notified();
            if self.is_open() {
                return;
            }
            opened.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_with_the_fifth_failure_in_a_row() {
        let circuit_breaker = CircuitBreaker::new();
        circuit_breaker.close();

        let fail = |_| circuit_breaker.failed();
        assert!(!(0..4).any(fail));
        circuit_breaker.succeeded();
        assert!(!(0..4).any(fail));
        assert!(circuit_breaker.failed());
        assert!(circuit_breaker.is_open());
        assert!(!circuit_breaker.failed(), "it is open already");
    }

    #[tokio::test]
    async fn all_who_wait_for_it_are_woken_when_it_opens() {
        let circuit_breaker = CircuitBreaker::new();
        circuit_breaker.close();
        tokio::join!(
            circuit_breaker.until_open(),
            circuit_breaker.until_open(),
            async {
                for _ in 0..THRESHOLD {
                    circuit_breaker.failed();
                }
            }
        );
        assert!(circuit_breaker.is_open());
    }
}
