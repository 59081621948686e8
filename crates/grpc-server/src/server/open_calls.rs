//! The calls of one connection, counted to tell an idle one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

/// The calls that a connection has open and has had. Clones share the counts.
#[derive(Clone, Debug)]
pub(super) struct OpenCalls(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    open: AtomicUsize,
    started: AtomicU64,
    connected: Instant,
    /// When the last call ended, in microseconds since the connection was accepted.
    ended: AtomicU64,
}

impl OpenCalls {
    /// Those of a connection that was accepted now.
    pub(super) fn new() -> Self {
        Self(Arc::new(Counts {
            open: AtomicUsize::new(0),
            started: AtomicU64::new(0),
            connected: Instant::now(),
            ended: AtomicU64::new(0),
        }))
    }

    /// A call that is open until what this returns is dropped.
    pub(super) fn start(&self) -> OpenCall {
        self.0.open.fetch_add(1, Relaxed);
        self.0.started.fetch_add(1, Relaxed);
        OpenCall(Arc::clone(&self.0))
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

#[derive(Debug)]
pub(super) struct OpenCall(Arc<Counts>);

impl Drop for OpenCall {
    fn drop(&mut self) {
        let Self(counts) = self;
        if counts.open.load(Relaxed) == 1 {
            let micros = counts.connected.elapsed().as_micros();
            let micros = u64::try_from(micros).unwrap_or(u64::MAX);
            counts.ended.store(micros, Relaxed);
        }
        counts.open.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_when_its_last_call_is_long_over() {
        let calls = OpenCalls::new();
        let started = Instant::now();
        let call = calls.start();
        tokio::join!(calls.idle(LIMIT), async {
            tokio::time::sleep(LIMIT * 5 / 2).await;
            assert_eq!(calls.idle_since(), None);
            drop(call);
            assert_eq!(calls.idle_since(), Some(started + LIMIT * 5 / 2));
        });
        let elapsed = started.elapsed().as_secs();
        assert!((180..=240).contains(&elapsed), "{elapsed} s");
    }
}
