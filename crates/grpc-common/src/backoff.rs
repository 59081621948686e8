//! Exponential backoff with jitter.

use std::time::Duration;

/// Delays between retries: each is `factor` times the one before, up to a maximum,
/// and jitter scales it at random, so that many clients do not come back at once.
///
/// Not `backon`: its jitter only adds up to a whole delay, while the delays here are
/// documented with jitter of their own, which also takes some of a delay away.
///
/// ```
/// # use std::time::Duration;
/// # use grpc_common::Backoff;
/// let mut backoff = Backoff::new(Duration::from_millis(100), 2, Duration::from_secs(1)).jitter(0.5, 1.0);
/// assert_eq!(backoff.next(1.0), Duration::from_millis(100));
/// assert_eq!(backoff.next(0.0), Duration::from_millis(100), "half of 200 ms");
/// backoff.reset();
/// assert_eq!(backoff.next(0.5), Duration::from_millis(75));
/// ```
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    factor: u32,
    maximum: Duration,
    jitter: (f64, f64),
    next: Duration,
}

impl Backoff {
    /// Delays that start at `first` and grow by `factor` up to `maximum`, without jitter.
    pub const fn new(first: Duration, factor: u32, maximum: Duration) -> Self {
        Self {
            first,
            factor,
            maximum,
            jitter: (1.0, 1.0),
            next: first,
        }
    }

    /// Scales each delay, the maximum too, by a number between `least` and `most`, neither
    /// of them negative.
    #[must_use]
    pub const fn jitter(mut self, least: f64, most: f64) -> Self {
        self.jitter = (least, most);
        self
    }

    /// The next delay. `random`, a number from 0 to 1, chooses its place within the jitter;
    /// it has no effect without jitter.
    pub fn next(&mut self, random: f64) -> Duration {
        let delay = self.next;
        self.next = delay.saturating_mul(self.factor).min(self.maximum);
        let (least, most) = self.jitter;
        delay.mul_f64(least + (most - least) * random)
    }

    /// Starts again with the first delay, as after a success.
    pub const fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(100);
    const MAXIMUM: Duration = Duration::from_secs(3);

    fn backoff() -> Backoff {
        Backoff::new(FIRST, 2, MAXIMUM)
    }

    fn millis(mut backoff: Backoff, random: f64) -> Vec<u128> {
        (0..7).map(|_| backoff.next(random).as_millis()).collect()
    }

    #[test]
    fn delays_double_up_to_the_maximum() {
        let delays = [100, 200, 400, 800, 1600, 3000, 3000];
        assert_eq!(millis(backoff(), 0.3), delays);
    }

    #[test]
    fn a_factor_of_one_keeps_the_delay() {
        assert_eq!(millis(Backoff::new(FIRST, 1, MAXIMUM), 0.5), [100; 7]);
    }

    #[test]
    fn reset_starts_with_the_first_delay_again() {
        let mut backoff = backoff();
        backoff.next(0.5);
        backoff.reset();
        assert_eq!(backoff.next(0.5), FIRST);
    }

    #[test]
    fn jitter_scales_every_delay_between_its_bounds() {
        let jittered = || backoff().jitter(0.8, 1.2);
        assert_eq!(millis(jittered(), 0.0)[..2], [80, 160]);
        assert_eq!(millis(jittered(), 0.5)[..2], [100, 200]);
        assert_eq!(millis(jittered(), 1.0)[5..], [3600, 3600]);
        assert_eq!(millis(backoff().jitter(0.0, 1.0), 0.0), [0; 7]);
    }

    #[test]
    fn delays_never_overflow() {
        let mut backoff = Backoff::new(Duration::MAX / 2, u32::MAX, Duration::MAX);
        backoff.next(0.0);
        assert_eq!(backoff.next, Duration::MAX);
    }
}
