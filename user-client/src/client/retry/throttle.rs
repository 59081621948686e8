//! The budget for retries: while most calls fail, retries only add to the load.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::verdict::Verdict;

/// A full budget, in tenths of a token; a failure takes a token, a success gives a tenth.
const FULL: u32 = 100;
const FAILURE: u32 = 10;
const SUCCESS: u32 = 1;

/// Tokens, of which more than half must be there for a retry.
#[derive(Debug)]
pub(super) struct Throttle(AtomicU32);

impl Default for Throttle {
    fn default() -> Self {
        Self(AtomicU32::new(FULL))
    }
}

impl Throttle {
    /// Takes note of an attempt. One that never left says nothing of the servers.
    pub(super) fn note(&self, verdict: &Verdict) {
        let next = |tokens: u32| match verdict {
            Verdict::Answered => Some((tokens + SUCCESS).min(FULL)),
            Verdict::Failed { .. } | Verdict::Broken => Some(tokens.saturating_sub(FAILURE)),
            Verdict::NeverSent | Verdict::Late => None,
        };
        // It is an error only where nothing is to be changed.
        let _ = self.0.fetch_update(Relaxed, Relaxed, next);
    }

    /// Whether the budget has room for a retry.
    pub(super) fn allows(&self) -> bool {
        self.0.load(Relaxed) > FULL / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_closes_after_five_failures_and_opens_after_ten_successes_each() {
        let throttle = Throttle::default();
        for _ in 0..4 {
            throttle.note(&Verdict::Broken);
            assert!(throttle.allows());
        }
        throttle.note(&Verdict::Broken);
        assert!(!throttle.allows());

        throttle.note(&Verdict::NeverSent);
        assert!(!throttle.allows());
        throttle.note(&Verdict::Answered);
        assert!(throttle.allows());
    }
}
