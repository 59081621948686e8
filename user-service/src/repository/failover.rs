//! Connections to a server that was the primary until a failover.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When a connection last turned out to be read-only. All that are older lead
/// to the same server and are closed instead of used. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Failover(Arc<Mutex<Option<Instant>>>);

impl Failover {
    /// Takes note of a connection that is read-only.
    pub(super) fn noticed(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection that was made so long ago may be used.
    pub(super) fn allows(&self, age: Duration) -> bool {
        let noticed = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noticed.is_none_or(|noticed| age < noticed.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_from_before_it_are_not_used() {
        let failover = Failover::default();
        assert!(failover.allows(Duration::from_secs(60)));
        failover.noticed();
        assert!(!failover.allows(Duration::from_secs(60)));
        std::thread::sleep(Duration::from_millis(2));
        assert!(failover.allows(Duration::from_millis(1)));
    }
}
