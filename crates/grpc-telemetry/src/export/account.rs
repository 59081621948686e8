//! What became of each span, log record or data point. Nothing is lost in silence: once the
//! queue is empty, `begun = exported + dropped`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::limits::Exported;

/// The accounts of a process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts {
    pub(crate) spans: Arc<Account>,
    pub(crate) logs: Arc<Account>,
    /// Of the data points of metrics that are sent.
    #[cfg(feature = "metrics")]
    pub(crate) points: Arc<Account>,
}

/// Counts the spans of a process by their fate, or its log records or data points.
#[derive(Debug, Default)]
pub(crate) struct Account {
    begun: AtomicU64,
    accepted: AtomicU64,
    rejected: AtomicU64,
    queue_full: AtomicU64,
    export_failed: AtomicU64,
    buffer_full: AtomicU64,
    not_kept: AtomicU64,
}

/// A reading of an [`Account`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Recorded spans that have ended; log records that were made.
    pub(crate) begun: u64,
    /// Taken by the endpoint.
    pub(crate) exported: u64,
    /// Dropped because they came faster than they could be sent.
    pub(crate) queue_full: u64,
    /// Dropped because the endpoint did not take their batch.
    pub(crate) export_failed: u64,
    /// Dropped because the endpoint refused them by a partial success.
    pub(crate) rejected: u64,
    /// Dropped because too many unsampled spans waited for the end of their call.
    pub(crate) buffer_full: u64,
    /// Unsampled spans of calls that `TRACE_KEEP` has no reason to keep.
    pub(crate) not_kept: u64,
}

impl Counts {
    /// All that were dropped, by `error.type` or the like.
    pub(crate) fn dropped(&self) -> [(&'static str, u64); 5] {
        [
            ("queue_full", self.queue_full),
            ("export_failed", self.export_failed),
            ("rejected", self.rejected),
            ("buffer_full", self.buffer_full),
            ("not_kept", self.not_kept),
        ]
    }

    /// Whose fate is still open: those that wait.
    pub(crate) fn pending(&self) -> u64 {
        let dropped: u64 = self.dropped().iter().map(|(_, count)| count).sum();
        self.begun.saturating_sub(self.exported + dropped)
    }

    /// What should have reached the endpoint and did not.
    pub(crate) fn lost(&self) -> u64 {
        self.queue_full + self.export_failed + self.rejected + self.buffer_full
    }
}

impl Account {
    /// The counts now.
    pub(crate) fn counts(&self) -> Counts {
        let of = |count: &AtomicU64| count.load(Relaxed);
        let rejected = of(&self.rejected);
        Counts {
            // A batch is accepted before what was rejected of it is known.
            exported: of(&self.accepted).saturating_sub(rejected),
            rejected,
            queue_full: of(&self.queue_full),
            export_failed: of(&self.export_failed),
            buffer_full: of(&self.buffer_full),
            not_kept: of(&self.not_kept),
            // Last, so that nothing has a fate before it has begun.
            begun: of(&self.begun),
        }
    }

    pub(crate) fn begin(&self) {
        self.begun.fetch_add(1, Relaxed);
    }

    pub(crate) fn drop_for_full_queue(&self, count: usize) {
        self.queue_full.fetch_add(count as u64, Relaxed);
    }

    #[cfg(feature = "tail-sampling")]
    pub(crate) fn drop_for_full_buffer(&self, spans: usize) {
        self.buffer_full.fetch_add(spans as u64, Relaxed);
    }

    #[cfg(feature = "tail-sampling")]
    pub(crate) fn drop_as_not_kept(&self, spans: usize) {
        self.not_kept.fetch_add(spans as u64, Relaxed);
    }

    /// Enters what came of the export of `count`.
    pub(crate) fn settle(&self, count: usize, exported: &Exported) {
        let count = count as u64;
        match exported {
            Ok(refused) => {
                self.accepted.fetch_add(count, Relaxed);
                // No more than all, whatever the endpoint says.
                self.rejected.fetch_add(count.min(*refused), Relaxed);
            }
            // The exporter reports why.
            Err(_) => {
                self.export_failed.fetch_add(count, Relaxed);
            }
        }
    }
}
