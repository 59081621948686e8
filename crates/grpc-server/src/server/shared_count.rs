//! A count that several connections share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What several connections have of something, such as open calls. Clones share the count.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedCount(Arc<AtomicUsize>);

impl SharedCount {
    /// Adds `more`; returns how many there are.
    pub(super) fn add(&self, more: usize) -> usize {
        self.0.fetch_add(more, Relaxed) + more
    }

    /// Takes `fewer` away again.
    pub(super) fn remove(&self, fewer: usize) {
        self.0.fetch_sub(fewer, Relaxed);
    }

    /// Adds `more`, unless there would be more than `limit`; returns whether it did.
    pub(super) fn try_add(&self, more: usize, limit: usize) -> bool {
        let is_within = self.add(more) <= limit;
        if !is_within {
            self.remove(more);
        }
        is_within
    }
}
