//! A rate, kept by the generic cell rate algorithm: one point in time says how
//! much of it is used up.

use std::time::Duration;

use tokio::time::Instant;

/// How far ahead of its rate a caller may be, so that its calls may come in bursts.
const BURST: Duration = Duration::from_secs(1);

/// The use of a rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    /// When the calls up to now would have been made, had they come evenly.
    even: Instant,
}

impl Rate {
    pub(super) fn unused(now: Instant) -> Self {
        Self { even: now }
    }

    /// Takes a call of `per_second`, or returns how long it is until the next may come.
    pub(super) fn take(&mut self, now: Instant, per_second: u32) -> Result<(), Duration> {
        let next = self.even.max(now) + Duration::from_secs(1) / per_second;
        let ahead = next - now;
        if ahead > BURST {
            return Err(ahead - BURST);
        }
        self.even = next;
        Ok(())
    }

    /// Whether it is as good as new.
    pub(super) fn is_unused(&self, now: Instant) -> bool {
        self.even <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_and_then_the_rate() {
        let start = Instant::now();
        let mut rate = Rate::unused(start);
        let burst = (0..20).filter(|_| rate.take(start, 10).is_ok()).count();
        assert_eq!(burst, 10);
        assert_eq!(rate.take(start, 10), Err(Duration::from_millis(100)));

        let later = start + Duration::from_millis(250);
        let more = (0..20).filter(|_| rate.take(later, 10).is_ok()).count();
        assert_eq!(more, 2);
        assert!(!rate.is_unused(later));
        assert!(rate.is_unused(later + BURST));
    }
}
