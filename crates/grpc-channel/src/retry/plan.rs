//! Whether there is another attempt, and when.

use std::time::Duration;

use grpc_common::Backoff;
use tokio::time::Instant;

use super::budget::Budget;
use super::outcome::{AttemptOutcome, Pushback};

/// The most attempts of a call.
const MAX_ATTEMPTS: u32 = 5;
/// The wait before the second attempt; each further one is twice as long, to a limit.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Jitter of our own wait, in either direction.
const JITTER: (f64, f64) = (0.8, 1.2);
/// Jitter on top of the server's pushback, so that clients don't all retry at once.
const PUSHBACK_JITTER: f64 = 0.2;

/// The attempts of one call.
pub(super) struct Plan {
    idempotent: bool,
    /// When an idempotent call ends, if ever: each attempt gets what is left until then.
    deadline: Option<Instant>,
    random: fn() -> f64,
    failed: u32,
    backoff: Backoff,
}

impl Plan {
    /// A plan for a call that may be carried out more than once, until `deadline`; `random`
    /// gives numbers from 0 up to 1, which spread the waits.
    pub(super) fn idempotent(deadline: Option<Instant>, random: fn() -> f64) -> Self {
        Self {
            idempotent: true,
            deadline,
            ..Self::unsent_only(random)
        }
    }

    /// A plan for a call that is not idempotent: only attempts that were never sent are retried.
    pub(super) fn unsent_only(random: fn() -> f64) -> Self {
        let (least, most) = JITTER;
        Self {
            idempotent: false,
            deadline: None,
            random,
            failed: 0,
            backoff: Backoff::new(FIRST_WAIT, 2, LONGEST_WAIT).jitter(least, most),
        }
    }

    /// How many attempts have failed and were followed by another.
    pub(super) fn failed(&self) -> u32 {
        self.failed
    }

    /// What is left of the time of the call, if that is limited.
    pub(super) fn time_left(&self) -> Option<Duration> {
        let deadline = self.deadline?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }

    /// How long to wait before another attempt; `None` if there is none.
    pub(super) fn next(
        &mut self,
        outcome: &AttemptOutcome,
        budget: &Budget,
        body_is_whole: bool,
    ) -> Option<Duration> {
        let last = self.failed + 1 >= MAX_ATTEMPTS;
        if last || !body_is_whole {
            return None;
        }
        let may_repeat = self.idempotent && budget.allows();
        let wait = match outcome {
            AttemptOutcome::Answered | AttemptOutcome::Late => return None,
            // Another connection may be there already.
            AttemptOutcome::NeverSent if self.failed == 0 => Duration::ZERO,
            AttemptOutcome::NeverSent => self.backoff.next((self.random)()),
            AttemptOutcome::Failed { .. } | AttemptOutcome::Broken if !may_repeat => return None,
            AttemptOutcome::Broken => self.backoff.next((self.random)()),
            AttemptOutcome::Failed { pushback } => match pushback {
                Pushback::Never => return None,
                Pushback::None => self.backoff.next((self.random)()),
                Pushback::After(wait) => self.after(*wait),
            },
        };
        if self.time_left().is_some_and(|left| wait >= left) {
            // The error at hand says more than DEADLINE_EXCEEDED would.
            return None;
        }
        self.failed += 1;
        Some(wait)
    }

    /// The server's wait, a little longer for some.
    fn after(&mut self, wait: Duration) -> Duration {
        self.backoff.reset();
        wait.mul_f64(1.0 + PUSHBACK_JITTER * (self.random)())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(limit: Duration) -> Plan {
        Plan::idempotent(Some(Instant::now() + limit), || 0.5)
    }

    fn waits(mut plan: Plan, outcome: AttemptOutcome) -> Vec<u128> {
        let budget = Budget::default();
        let next = || plan.next(&outcome, &budget, true);
        std::iter::from_fn(next).map(|it| it.as_millis()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn waits_double_until_the_last_attempt() {
        let long = Duration::from_secs(60);
        let expected = [50, 100, 200, 400];
        assert_eq!(waits(plan(long), AttemptOutcome::Broken), expected);
        let endless = Plan::idempotent(None, || 0.5);
        assert_eq!(waits(endless, AttemptOutcome::Broken), expected);
    }

    #[tokio::test(start_paused = true)]
    async fn unsent_call_is_retried_at_once_even_if_not_idempotent() {
        let plan = Plan::unsent_only(|| 0.5);
        assert_eq!(waits(plan, AttemptOutcome::NeverSent), [0, 50, 100, 200]);
    }

    #[tokio::test(start_paused = true)]
    async fn call_that_may_have_run_is_retried_only_if_idempotent() {
        let plan = Plan::unsent_only(|| 0.5);
        assert!(waits(plan, AttemptOutcome::Broken).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_is_called_again_when_it_says() {
        let pushback = Pushback::After(Duration::from_secs(1));
        let long = Duration::from_secs(60);
        let waits = waits(plan(long), AttemptOutcome::Failed { pushback });
        assert_eq!(waits, [1100, 1100, 1100, 1100]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_wait_goes_beyond_the_deadline() {
        let short = Duration::from_millis(75);
        assert_eq!(waits(plan(short), AttemptOutcome::Broken), [50]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_partly_gone_ends_the_attempts() {
        let mut plan = plan(Duration::from_secs(60));
        let next = plan.next(&AttemptOutcome::NeverSent, &Budget::default(), false);
        assert_eq!(next, None);
    }
}
