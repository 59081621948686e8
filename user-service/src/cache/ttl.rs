//! How long entries live.

use std::time::Duration;

/// The longest time for which "no such user" is kept.
const MAX_ABSENT: Duration = Duration::from_secs(2);

/// Times to live, spread by a tenth in either direction, so that entries made
/// together don't end together.
#[derive(Clone, Copy, Debug)]
pub struct Ttl {
    base: Duration,
    random: fn() -> f64,
}

impl Ttl {
    /// Times around `base`, spread by `random`, which gives numbers from 0 up to 1.
    pub fn new(base: Duration, random: fn() -> f64) -> Self {
        Self { base, random }
    }

    /// For a user.
    pub(super) fn of_user(self) -> Duration {
        self.spread(self.base)
    }

    /// For the absence of one.
    pub(super) fn of_absence(self) -> Duration {
        self.spread(self.base.min(MAX_ABSENT))
    }

    fn spread(self, time: Duration) -> Duration {
        time.mul_f64(0.9 + 0.2 * (self.random)())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spread_by_a_tenth() {
        let base = Duration::from_secs(100);
        assert_eq!(Ttl::new(base, || 0.0).of_user().as_secs(), 90);
        assert_eq!(Ttl::new(base, || 0.5).of_user().as_secs(), 100);
        assert!(Ttl::new(base, || 0.999).of_user() < Duration::from_secs(110));
    }

    #[test]
    fn absence_is_kept_briefly() {
        let hour = Duration::from_secs(3600);
        assert!(Ttl::new(hour, || 0.999).of_absence() < Duration::from_millis(2_200));
    }
}
