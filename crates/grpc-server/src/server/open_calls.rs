//! The calls of one connection, counted to tell an idle one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// The calls that a connection has open and has had. Clones share the counts.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenCalls(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    open: AtomicUsize,
    started: AtomicU64,
}

impl OpenCalls {
    /// A call that is open until what this returns is dropped.
    pub(super) fn start(&self) -> OpenCall {
        self.0.open.fetch_add(1, Relaxed);
        self.0.started.fetch_add(1, Relaxed);
        OpenCall(Arc::clone(&self.0))
    }

    /// Whether there has been one.
    pub(super) fn any(&self) -> bool {
        self.0.started.load(Relaxed) > 0
    }

    /// Returns when there has been no call for `limit`, at the latest after twice that.
    pub(super) async fn idle(&self, limit: Duration) {
        loop {
            let started = self.0.started.load(Relaxed);
            tokio::time::sleep(limit).await;
            if self.0.open.load(Relaxed) == 0 && self.0.started.load(Relaxed) == started {
                return;
            }
        }
    }
}

#[derive(Debug)]
pub(super) struct OpenCall(Arc<Counts>);

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_when_its_last_call_is_long_over() {
        let calls = OpenCalls::default();
        let started = Instant::now();
        let call = calls.start();
        tokio::join!(calls.idle(LIMIT), async {
            tokio::time::sleep(LIMIT * 5 / 2).await;
            drop(call);
        });
        let elapsed = started.elapsed().as_secs();
        assert!((180..=240).contains(&elapsed), "{elapsed} s");
    }
}
