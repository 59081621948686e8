//! Limits on the number of connections, and on the cost and the age of each.

use std::time::Duration;

/// Which connection is closed to make room for a new one, where there is no more room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eviction {
    /// The one that has been without a call for longest, for a second at least. If there is
    /// none, the new one is closed.
    Idle,
    /// The one that has been without a call for longest, or else the oldest one.
    Any,
}

/// The limits of the connections of one listener, and of each of them.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// Maximum open connections.
    pub total: usize,
    /// Maximum open connections from one address of IPv4, or one /64 of IPv6.
    pub per_address: usize,
    /// What happens to a connection beyond these two.
    pub eviction: Eviction,
    /// Maximum concurrent calls of one connection.
    pub streams: u32,
    /// Maximum open calls on all connections of one address, of every method and caller; further
    /// ones get RESOURCE_EXHAUSTED, or REFUSED_STREAM if they are many.
    pub streams_per_address: usize,
    /// The same of all connections.
    pub streams_in_total: usize,
    /// Maximum bytes of requests that the service holds for one address and has not worked on:
    /// unread ones and messages that are not complete. The first 4 KiB of each call don't count.
    /// A call beyond it gets RESOURCE_EXHAUSTED.
    pub bytes_per_address: usize,
    /// The same of all addresses.
    pub bytes_in_total: usize,
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
    /// 10,000 connections, 1,024 of one address, where idle ones give way; 200 calls on each,
    /// 1,000 of one address and 3,000 in all, with 12 and 24 MiB of requests; 10 s for handshakes and frames, 15 min idle, an age of 30 min and 5 min of grace.
    fn default() -> Self {
        Self {
            total: 10_000,
            per_address: 1024,
            eviction: Eviction::Idle,
            streams: 200,
            streams_per_address: 1000,
            streams_in_total: 3000,
            bytes_per_address: 12 * 1024 * 1024,
            bytes_in_total: 24 * 1024 * 1024,
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
            age: Duration::from_secs(100),
            random,
            ..ConnectionLimits::default()
        };
        assert_eq!(limits(|| 0.0).spread_age().as_secs(), 90);
        assert_eq!(limits(|| 0.5).spread_age().as_secs(), 100);
        assert_eq!(limits(|| 0.999).spread_age().as_secs(), 109);
    }
}
