//! The calls of one connection, counted to tell an idle one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

use super::ConnectionLimits;
use super::byte_budget::{ByteBudget, HeldBytes};
use super::shared_count::SharedCount;
use crate::call::TooManyStreams;

/// Beyond a limit, this share of it may be calls that are being refused, each with a
/// status.
const SHARE_REFUSED: usize = 8;

/// A call that is one too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OverLimit {
    pub(super) limit: TooManyStreams,
    /// Whether there are many of them, so that making a status for each would cost too much.
    pub(super) is_flood: bool,
}

impl OverLimit {
    fn beyond(limit: TooManyStreams, open: usize, most: usize) -> Option<Self> {
        let is_flood = open > most + most / SHARE_REFUSED + 1;
        (open > most).then_some(Self { limit, is_flood })
    }
}

/// The calls that a connection has open and has had. Clones share the counts.
#[derive(Clone, Debug)]
pub(super) struct OpenCalls(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    open: AtomicUsize,
    /// Those of all connections of the same address, and of all.
    of_address: SharedCount,
    in_total: SharedCount,
    /// Of what its calls hold of their requests.
    bytes: ByteBudget,
    started: AtomicU64,
    connected: Instant,
    /// When the last call ended, in microseconds since the connection was accepted.
    ended: AtomicU64,
}

impl OpenCalls {
    /// Those of a connection that was accepted now.
    pub(super) fn new(of_address: SharedCount, in_total: SharedCount, bytes: ByteBudget) -> Self {
        Self(Arc::new(Counts {
            open: AtomicUsize::new(0),
            of_address,
            in_total,
            bytes,
            started: AtomicU64::new(0),
            connected: Instant::now(),
            ended: AtomicU64::new(0),
        }))
    }

    /// A call that is open until what this returns is dropped, and the one of `limits` that it
    /// is beyond. A call over the limit of its address does not count against the total.
    pub(super) fn start(&self, limits: &ConnectionLimits) -> (OpenCall, Option<OverLimit>) {
        let Self(counts) = self;
        counts.open.fetch_add(1, Relaxed);
        counts.started.fetch_add(1, Relaxed);
        let of_address = counts.of_address.add(1);
        let mut call = OpenCall {
            counts: Arc::clone(counts),
            in_total: false,
        };
        let limit = TooManyStreams::OfAddress;
        if let Some(excess) = OverLimit::beyond(limit, of_address, limits.streams_per_address) {
            return (call, Some(excess));
        }
        call.in_total = true;
        let in_total = counts.in_total.add(1);
        let limit = TooManyStreams::InTotal;
        let excess = OverLimit::beyond(limit, in_total, limits.streams_in_total);
        (call, excess)
    }

    /// The budget of what the connection and its calls hold of requests.
    pub(super) fn byte_budget(&self) -> ByteBudget {
        self.0.bytes.clone()
    }

    /// How many there have been.
    pub(super) fn started(&self) -> u64 {
        self.0.started.load(Relaxed)
    }

    /// Whether there is one.
    pub(super) fn any_open(&self) -> bool {
        self.0.open.load(Relaxed) > 0
    }

    /// Since when the connection has been open.
    pub(super) fn connected(&self) -> Instant {
        self.0.connected
    }

    /// Since when there has been no call, if there is none.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let ended = Duration::from_micros(self.0.ended.load(Relaxed));
        (!self.any_open()).then(|| self.0.connected + ended)
    }

    /// Returns when there has been no call for `limit`, at the latest after twice that.
    pub(super) async fn idle(&self, limit: Duration) {
        loop {
            let started = self.started();
            tokio::time::sleep(limit).await;
            if !self.any_open() && self.started() == started {
                return;
            }
        }
    }
}

/// A call that is open until this is dropped.
#[derive(Debug)]
pub(super) struct OpenCall {
    counts: Arc<Counts>,
    /// Whether it is counted among those of all connections.
    in_total: bool,
}

impl OpenCall {
    /// For what the call holds of its request: nothing yet.
    pub(super) fn held_bytes(&self) -> HeldBytes {
        HeldBytes::none_of(self.counts.bytes.clone())
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        let counts = &self.counts;
        if counts.open.load(Relaxed) == 1 {
            let micros = counts.connected.elapsed().as_micros();
            let micros = u64::try_from(micros).unwrap_or(u64::MAX);
            counts.ended.store(micros, Relaxed);
        }
        counts.open.fetch_sub(1, Relaxed);
        counts.of_address.remove(1);
        if self.in_total {
            counts.in_total.remove(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_when_its_last_call_is_long_over() {
        let calls = OpenCalls::new(
            SharedCount::default(),
            SharedCount::default(),
            ByteBudget::default(),
        );
        let started = Instant::now();
        let (call, _) = calls.start(&ConnectionLimits::default());
        tokio::join!(calls.idle(LIMIT), async {
            tokio::time::sleep(LIMIT * 5 / 2).await;
            assert_eq!(calls.idle_since(), None);
            drop(call);
            assert_eq!(calls.idle_since(), Some(started + LIMIT * 5 / 2));
        });
        let elapsed = started.elapsed().as_secs();
        assert!((180..=240).contains(&elapsed), "{elapsed} s");
    }

    #[tokio::test]
    async fn calls_of_all_connections_of_an_address_are_counted_together() {
        let limits = ConnectionLimits {
            streams_per_address: 2,
            streams_in_total: 3,
            ..ConnectionLimits::default()
        };
        let (here, there) = (SharedCount::default(), SharedCount::default());
        let total = SharedCount::default();
        let of = |address: &SharedCount| {
            OpenCalls::new(address.clone(), total.clone(), ByteBudget::default())
        };
        let (first, second, other) = (of(&here), of(&here), of(&there));
        let excess = |limit, is_flood| Some(OverLimit { limit, is_flood });
        let _within = [&first, &second, &other].map(|it| {
            let (call, excess) = it.start(&limits);
            assert_eq!(excess, None);
            call
        });
        let (third, beyond) = first.start(&limits);
        assert_eq!(beyond, excess(TooManyStreams::OfAddress, false));
        let (fourth, beyond) = second.start(&limits);
        assert_eq!(beyond, excess(TooManyStreams::OfAddress, true));
        let (fifth, beyond) = other.start(&limits);
        assert_eq!(beyond, excess(TooManyStreams::InTotal, false));
        drop((third, fourth, fifth));
        assert_eq!(
            first.start(&limits).1,
            excess(TooManyStreams::OfAddress, false)
        );
    }
}
