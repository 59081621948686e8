//! How long to wait before etcd is told again.

use std::time::Duration;

/// The waits double from one to the other, so that etcd is not run over when it comes back.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(3);

/// Waits that grow until they are reset.
pub(super) struct Backoff {
    wait: Duration,
    random: fn() -> f64,
}

impl Backoff {
    /// `random` gives numbers from 0 up to 1, which spread the waits.
    pub(super) fn new(random: fn() -> f64) -> Self {
        Self {
            wait: FIRST,
            random,
        }
    }

    /// The next wait: half of it is by chance, as all instances miss etcd at once.
    pub(super) fn next(&mut self) -> Duration {
        let wait = self.wait;
        self.wait = (2 * wait).min(LONGEST);
        wait.mul_f64((1.0 + (self.random)()) / 2.0)
    }

    pub(super) fn reset(&mut self) {
        self.wait = FIRST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_begin_anew_after_success() {
        let mut backoff = Backoff::new(|| 1.0);
        let waits: Vec<_> = (0..7).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3000, 3000]);
        backoff.reset();
        assert_eq!(backoff.next(), FIRST);
    }

    #[test]
    fn waits_are_spread_over_half_of_their_length() {
        assert_eq!(Backoff::new(|| 0.0).next(), FIRST / 2);
    }
}
