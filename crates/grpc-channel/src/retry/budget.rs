//! The retry budget, which A6 calls retry throttling: while most calls fail, retries only add to the load.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::outcome::AttemptOutcome;

/// A full budget, in tenths of a token; a failure takes a token, a success gives a tenth.
const FULL: u32 = 100;
const FAILURE: u32 = 10;
const SUCCESS: u32 = 1;

/// The tokens left. Retries are allowed while more than half are left.
#[derive(Debug)]
pub(super) struct Budget(AtomicU32);

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU32::new(FULL))
    }
}

impl Budget {
    /// Takes note of an attempt. One that never left says nothing of the servers.
    pub(super) fn note(&self, outcome: &AttemptOutcome) {
        let next = |tokens: u32| match outcome {
            AttemptOutcome::Answered => Some((tokens + SUCCESS).min(FULL)),
            AttemptOutcome::Failed { .. } | AttemptOutcome::Broken => {
                Some(tokens.saturating_sub(FAILURE))
            }
            AttemptOutcome::NeverSent | AttemptOutcome::Late => None,
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
        let budget = Budget::default();
        for _ in 0..4 {
            budget.note(&AttemptOutcome::Broken);
            assert!(budget.allows());
        }
        budget.note(&AttemptOutcome::Broken);
        assert!(!budget.allows());

        budget.note(&AttemptOutcome::NeverSent);
        assert!(!budget.allows());
        budget.note(&AttemptOutcome::Answered);
        assert!(budget.allows());
    }
}
