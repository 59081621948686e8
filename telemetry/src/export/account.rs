//! What became of each span. Nothing is lost in silence: once the queue is
//! empty, `ended = exported + dropped`.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts the spans of a process by their fate.
#[derive(Debug, Default)]
pub struct SpanAccount {
    ended: AtomicU64,
    accepted: AtomicU64,
    rejected: AtomicU64,
    queue_full: AtomicU64,
    export_failed: AtomicU64,
    buffer_full: AtomicU64,
    not_kept: AtomicU64,
}

/// A reading of a [`SpanAccount`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpanCounts {
    /// Recorded spans that have ended.
    pub ended: u64,
    /// Spans that the endpoint took.
    pub exported: u64,
    /// Dropped because they came faster than they could be sent.
    pub queue_full: u64,
    /// Dropped because the endpoint did not take their batch.
    pub export_failed: u64,
    /// Dropped because the endpoint refused them by a partial success.
    pub rejected: u64,
    /// Dropped because too many unsampled spans waited for the end of their call.
    pub buffer_full: u64,
    /// Unsampled spans of calls that `TRACE_KEEP` has no reason to keep.
    pub not_kept: u64,
}

impl SpanCounts {
    /// All that were dropped, by `error.type` or the like.
    pub fn dropped(&self) -> [(&'static str, u64); 5] {
        [
            ("queue_full", self.queue_full),
            ("export_failed", self.export_failed),
            ("rejected", self.rejected),
            ("buffer_full", self.buffer_full),
            ("not_kept", self.not_kept),
        ]
    }

    /// Spans whose fate is still open: those that wait.
    pub fn pending(&self) -> u64 {
        let dropped: u64 = self.dropped().iter().map(|(_, count)| count).sum();
        self.ended.saturating_sub(self.exported + dropped)
    }

    /// Spans that should have reached the endpoint and did not.
    pub fn lost(&self) -> u64 {
        self.queue_full + self.export_failed + self.rejected + self.buffer_full
    }
}

impl SpanAccount {
    /// The counts now.
    pub fn counts(&self) -> SpanCounts {
        let of = |count: &AtomicU64| count.load(Relaxed);
        let rejected = of(&self.rejected);
        SpanCounts {
            // A batch is accepted before what was rejected of it is known.
            exported: of(&self.accepted).saturating_sub(rejected),
            rejected,
            queue_full: of(&self.queue_full),
            export_failed: of(&self.export_failed),
            buffer_full: of(&self.buffer_full),
            not_kept: of(&self.not_kept),
            // Last, so that no span has a fate before it has ended.
            ended: of(&self.ended),
        }
    }

    pub(crate) fn end(&self) {
        self.ended.fetch_add(1, Relaxed);
    }

    pub(crate) fn drop_for_full_queue(&self) {
        self.queue_full.fetch_add(1, Relaxed);
    }

    pub(crate) fn drop_for_full_buffer(&self, spans: usize) {
        self.buffer_full.fetch_add(spans as u64, Relaxed);
    }

    pub(crate) fn drop_as_not_kept(&self, spans: usize) {
        self.not_kept.fetch_add(spans as u64, Relaxed);
    }

    pub(super) fn accept(&self, spans: usize) {
        self.accepted.fetch_add(spans as u64, Relaxed);
    }

    pub(super) fn fail(&self, spans: usize) {
        self.export_failed.fetch_add(spans as u64, Relaxed);
    }

    pub(super) fn reject(&self, spans: u64) {
        self.rejected.fetch_add(spans, Relaxed);
    }
}
