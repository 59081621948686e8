//! Whether there is another attempt, and when.

use std::time::Duration;

use tokio::time::Instant;

use super::Repeatable;
use super::throttle::Throttle;
use super::verdict::{Pushback, Verdict};

/// The most attempts of a call.
const MAX_ATTEMPTS: u32 = 5;
/// The wait before the second attempt; each further one is twice as long, to a limit.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// The attempts of one call.
pub(super) struct Plan {
    repeatable: Option<Repeatable>,
    random: fn() -> f64,
    failed: u32,
    /// How often the servers' own wait went before ours.
    waits: u32,
}

impl Plan {
    /// A plan for a call; `random` gives numbers from 0 up to 1, which spread the waits.
    pub(super) fn new(repeatable: Option<Repeatable>, random: fn() -> f64) -> Self {
        Self {
            repeatable,
            random,
            failed: 0,
            waits: 0,
        }
    }

    /// How many attempts have failed and were followed by another.
    pub(super) fn failed(&self) -> u32 {
        self.failed
    }

    /// How long to wait before another attempt; `None` if there is none.
    pub(super) fn next(
        &mut self,
        verdict: &Verdict,
        throttle: &Throttle,
        body_is_whole: bool,
    ) -> Option<Duration> {
        let last = self.failed + 1 >= MAX_ATTEMPTS;
        if last || !body_is_whole {
            return None;
        }
        let wait = match verdict {
            Verdict::Answered | Verdict::Late => return None,
            // Another connection may be there already.
            Verdict::NeverSent if self.failed == 0 => Duration::ZERO,
            Verdict::NeverSent => self.wait(),
            Verdict::Failed { .. } | Verdict::Broken if !self.may_repeat(throttle) => return None,
            Verdict::Broken => self.wait(),
            Verdict::Failed { pushback } => match pushback {
                Pushback::Never => return None,
                Pushback::None => self.wait(),
                Pushback::After(wait) => self.after(*wait),
            },
        };
        if let Some(deadline) = self.repeatable.and_then(|it| it.deadline)
            && Instant::now() + wait >= deadline
        {
            // The answer that is there says more than a deadline would.
            return None;
        }
        self.failed += 1;
        Some(wait)
    }

    fn may_repeat(&self, throttle: &Throttle) -> bool {
        self.repeatable.is_some() && throttle.allows()
    }

    /// Our own wait: doubled each time, spread by a fifth in either direction.
    fn wait(&mut self) -> Duration {
        let wait = (FIRST_WAIT * 2_u32.pow(self.waits)).min(LONGEST_WAIT);
        self.waits += 1;
        wait.mul_f64(0.8 + 0.4 * (self.random)())
    }

    /// The server's wait, a little longer for some, so that not all come at once.
    fn after(&mut self, wait: Duration) -> Duration {
        self.waits = 0;
        wait.mul_f64(1.0 + 0.2 * (self.random)())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(limit: Duration) -> Plan {
        let deadline = Instant::now() + limit;
        Plan::new(
            Some(Repeatable {
                deadline: Some(deadline),
            }),
            || 0.5,
        )
    }

    fn waits(mut plan: Plan, verdict: Verdict) -> Vec<u128> {
        let throttle = Throttle::default();
        let next = || plan.next(&verdict, &throttle, true);
        std::iter::from_fn(next).map(|it| it.as_millis()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn waits_double_until_the_last_attempt() {
        let long = Duration::from_secs(60);
        assert_eq!(waits(plan(long), Verdict::Broken), [50, 100, 200, 400]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_never_sent_goes_out_again_at_once_even_if_not_repeatable() {
        let plan = Plan::new(None, || 0.5);
        assert_eq!(waits(plan, Verdict::NeverSent), [0, 50, 100, 200]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_have_been_done_is_repeated_only_where_that_is_safe() {
        let plan = Plan::new(None, || 0.5);
        assert!(waits(plan, Verdict::Broken).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_is_asked_again_when_it_says() {
        let pushback = Pushback::After(Duration::from_secs(1));
        let long = Duration::from_secs(60);
        let waits = waits(plan(long), Verdict::Failed { pushback });
        assert_eq!(waits, [1100, 1100, 1100, 1100]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_wait_goes_beyond_the_deadline() {
        let short = Duration::from_millis(75);
        assert_eq!(waits(plan(short), Verdict::Broken), [50]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_partly_gone_ends_the_attempts() {
        let mut plan = plan(Duration::from_secs(60));
        let throttle = Throttle::default();
        assert_eq!(plan.next(&Verdict::NeverSent, &throttle, false), None);
    }
}
