//! One trace as it arrives.

use std::sync::Arc;
use std::time::{Duration, Instant};

use grpc_telemetry::receiver::ReceivedSpan;

use super::{Finished, size};
use crate::completeness::is_complete;

/// A trace that lacks no span has no more to come after this time without one: programs that export together
/// do so within it.
const SETTLED_AFTER: Duration = Duration::from_secs(1);

/// Any trace has no more to come after this time without a span: programs export every 5 seconds.
const QUIET_AFTER: Duration = Duration::from_secs(6);

/// The spans of one trace, and when they came.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) spans: Vec<ReceivedSpan>,
    /// The memory that they take, by an estimate.
    pub(super) bytes: usize,
    /// Its place in the order of last arrivals.
    pub(super) place: u64,
    /// When the first span came that was not returned as finished.
    first: Instant,
    /// When the last span came.
    last: Instant,
    /// How many of the spans were returned as finished.
    returned: usize,
    /// Whether the root is there and no span is missing, once that was looked at.
    whole: Option<bool>,
}

impl Entry {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            spans: Vec::new(),
            bytes: 0,
            place: 0,
            first: now,
            last: now,
            returned: 0,
            whole: None,
        }
    }

    /// The memory that `received` would take here. A resource counts once for a run of spans that share it.
    pub(super) fn cost(&self, received: &ReceivedSpan) -> usize {
        let shared = self.spans.last().is_some_and(|last| {
            Arc::ptr_eq(&last.resource, &received.resource)
                && Arc::ptr_eq(&last.scope, &received.scope)
        });
        let origin = if shared { 0 } else { size::of_origin(received) };
        size::of_span(received) + origin
    }

    pub(super) fn add(&mut self, received: ReceivedSpan, cost: usize, now: Instant) {
        if !self.is_unfinished() {
            self.first = now;
        }
        self.last = now;
        self.whole = None;
        self.bytes += cost;
        self.spans.push(received);
    }

    /// Whether it has spans that were not returned as finished.
    pub(super) fn is_unfinished(&self) -> bool {
        self.returned < self.spans.len()
    }

    /// Whether no more is to come, or it began to arrive `limit` ago.
    pub(super) fn is_due(&mut self, now: Instant, limit: Duration) -> bool {
        if !self.is_unfinished() {
            return false;
        }
        let quiet = now.saturating_duration_since(self.last);
        let age = now.saturating_duration_since(self.first);
        if quiet >= QUIET_AFTER || age >= limit {
            return true;
        }
        quiet >= SETTLED_AFTER && self.is_whole()
    }

    fn is_whole(&mut self) -> bool {
        let spans = &self.spans;
        let has_root = || spans.iter().any(|it| it.span.parent_span_id.is_empty());
        *self
            .whole
            .get_or_insert_with(|| has_root() && is_complete(spans))
    }

    /// Takes note that it is finished with the spans it has.
    pub(super) fn finish(&mut self) -> Finished {
        let late = match self.returned {
            0 => 0,
            returned => self.spans.len() - returned,
        };
        self.returned = self.spans.len();
        Finished {
            spans: self.spans.clone(),
            late,
        }
    }
}
