//! What a connection may cost, and how long it may last.

use std::time::Duration;

/// The limits of each connection.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Calls that one connection may have open at a time.
    pub streams: u32,
    /// How long a peer may take to open the connection, and later for any one frame.
    pub patience: Duration,
    /// How long a connection may be without a call before it is closed.
    pub idle: Duration,
    /// How long a connection may last, give or take a tenth, so that callers
    /// spread over new servers, and not all at once.
    pub age: Duration,
    /// How long the calls of a connection that is to go may take to finish.
    pub grace: Duration,
    /// Numbers from 0 up to 1, which spread the ages.
    pub random: fn() -> f64,
}

impl Limits {
    /// The age at which one connection is to go.
    pub(super) fn spread_age(&self) -> Duration {
        self.age.mul_f64(0.9 + 0.2 * (self.random)())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_spread_by_a_tenth() {
        let limits = |random| Limits {
            streams: 1,
            patience: Duration::ZERO,
            idle: Duration::ZERO,
            age: Duration::from_secs(100),
            grace: Duration::ZERO,
            random,
        };
        assert_eq!(limits(|| 0.0).spread_age().as_secs(), 90);
        assert_eq!(limits(|| 0.5).spread_age().as_secs(), 100);
        assert_eq!(limits(|| 0.999).spread_age().as_secs(), 109);
    }
}
