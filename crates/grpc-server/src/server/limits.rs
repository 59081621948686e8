//! How many connections there may be, what each may cost, and how long it may last.

use std::time::Duration;

/// The limits of the connections of one listener, and of each of them.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// Maximum open connections; further ones are closed immediately.
    pub total: usize,
    /// Maximum open connections from one address of IPv4, or one /64 of IPv6.
    pub per_address: usize,
    /// Maximum concurrent calls of one connection.
    pub streams: u32,
    /// How long a peer may take for the handshakes of TLS and HTTP/2, and later for any one frame.
    pub handshake: Duration,
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

impl Default for ConnectionLimits {
    /// 10,000 connections, 1,024 of one address, 200 calls on each; 10 s for handshakes and
    /// frames, 15 min idle, an age of 30 min and 5 min of grace.
    fn default() -> Self {
        Self {
            total: 10_000,
            per_address: 1024,
            streams: 200,
            handshake: Duration::from_secs(10),
            idle: Duration::from_secs(15 * 60),
            age: Duration::from_secs(30 * 60),
            grace: Duration::from_secs(5 * 60),
            random: rand::random::<f64>,
        }
    }
}

impl ConnectionLimits {
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
        let limits = |random| ConnectionLimits {
            total: 1,
            per_address: 1,
            streams: 1,
            handshake: Duration::ZERO,
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
