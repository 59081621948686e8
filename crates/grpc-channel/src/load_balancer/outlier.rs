//! Outlier ejection: a backend that fails again and again gets no calls for a while, if there
//! are others.

use std::time::Duration;

use grpc_common::Backoff;
use tokio::time::Instant;

/// Failures in a row after which a backend is ejected. One that can't be connected to is ejected at once.
const MAX_FAILURES: u32 = 5;
/// How long a backend is ejected, at first and at most: longer each time, until a call succeeds.
const FIRST_EJECTION: Duration = Duration::from_secs(1);
const LONGEST_EJECTION: Duration = Duration::from_secs(30);

/// What happened to the calls of one backend.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// It responded, with whatever status that is its own.
    Responded,
    /// It responded UNAVAILABLE, or its connection broke.
    Failed,
    /// There is no connection to it.
    Unconnected,
}

/// The recent past of one backend.
#[derive(Debug)]
pub(super) struct Outlier {
    failures: u32,
    ejections: Backoff,
    until: Option<Instant>,
}

impl Default for Outlier {
    fn default() -> Self {
        Self {
            failures: 0,
            ejections: Backoff::new(FIRST_EJECTION, 2, LONGEST_EJECTION),
            until: None,
        }
    }
}

impl Outlier {
    /// Whether others are to be preferred at `now`.
    pub(super) fn is_ejected(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| until > now)
    }

    /// Counts the `outcome` of a call at `now`.
    pub(super) fn record(&mut self, outcome: Outcome, now: Instant) {
        match outcome {
            Outcome::Responded => *self = Self::default(),
            // Reaching it again is noticed by the next call, so this stays short.
            Outcome::Unconnected => self.until = Some(now + FIRST_EJECTION),
            Outcome::Failed => {
                self.failures += 1;
                if self.failures >= MAX_FAILURES && !self.is_ejected(now) {
                    self.failures = 0;
                    self.until = Some(now + self.ejections.next(0.0));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(outlier: &mut Outlier, times: u32, now: Instant) {
        for _ in 0..times {
            outlier.record(Outcome::Failed, now);
        }
    }

    #[tokio::test]
    async fn failures_in_a_row_eject_for_longer_each_time() {
        let mut outlier = Outlier::default();
        let mut now = Instant::now();
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            fail(&mut outlier, MAX_FAILURES - 1, now);
            assert!(!outlier.is_ejected(now));
            fail(&mut outlier, 1, now);
            let ejection = Duration::from_secs(seconds);
            assert!(outlier.is_ejected(now + ejection - Duration::from_millis(1)));
            now += ejection;
            assert!(!outlier.is_ejected(now));
        }
    }

    #[tokio::test]
    async fn a_response_forgives_all_failures() {
        let mut outlier = Outlier::default();
        let now = Instant::now();
        fail(&mut outlier, MAX_FAILURES - 1, now);
        outlier.record(Outcome::Responded, now);
        fail(&mut outlier, MAX_FAILURES - 1, now);
        assert!(!outlier.is_ejected(now));
    }

    #[tokio::test]
    async fn a_backend_without_a_connection_is_ejected_at_once() {
        let mut outlier = Outlier::default();
        let now = Instant::now();
        outlier.record(Outcome::Unconnected, now);
        assert!(outlier.is_ejected(now));
    }
}
