//! Spans that wait for the end of the call that they are part of.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::{SpanId, TraceId};

use crate::export::EncodedSpan;
use crate::spans::EndedSpan;

/// Parts of the buffer, each with a lock of its own.
const SHARDS: usize = 16;

/// A span's place: its trace and its id.
type BranchId = (TraceId, SpanId);

/// The ended spans below a place, whose own span has not ended.
#[derive(Debug, Default)]
pub(super) struct Branch {
    pub(super) spans: Vec<EncodedSpan>,
    /// Why they are worth keeping, if one of them is.
    pub(super) reason: Option<&'static str>,
    /// When it began, among the branches of its shard.
    number: u64,
}

/// Branches by their place. When there are too many spans the oldest branches go:
/// among them those whose call has ended without waiting for them.
#[derive(Debug)]
pub(super) struct Buffer {
    shards: [Mutex<Shard>; SHARDS],
    /// Spans that may wait in one shard.
    limit: usize,
}

#[derive(Debug, Default)]
struct Shard {
    branches: HashMap<BranchId, Branch>,
    by_age: BTreeMap<u64, BranchId>,
    next_number: u64,
    spans: usize,
}

impl Buffer {
    /// A buffer for about `limit` spans.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            shards: Default::default(),
            limit: limit.div_ceil(SHARDS),
        }
    }

    /// Takes the spans below `span`, which has ended.
    pub(super) fn take(&self, span: &EndedSpan) -> Branch {
        self.shard(span).take(&place(span))
    }

    /// Keeps `span`, with all below it, for the end of its parent. Returns how
    /// many spans had to go.
    pub(super) fn add(&self, span: EndedSpan, reason: Option<&'static str>) -> usize {
        let parent = (span.trace_id, span.parent_id);
        let mut shard = self.shard(&span);
        let mut branch = shard.take(&place(&span));
        branch.reason = reason.or(branch.reason);
        branch.spans.push(span.encoded);
        shard.merge(parent, branch);
        shard.shrink(self.limit)
    }

    fn shard(&self, span: &EndedSpan) -> MutexGuard<'_, Shard> {
        let [.., byte] = span.trace_id.to_bytes();
        let shard = &self.shards[usize::from(byte) % SHARDS];
        // Nothing in here can panic half-way.
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(span: &EndedSpan) -> BranchId {
    (span.trace_id, span.span_id)
}

impl Shard {
    fn take(&mut self, place: &BranchId) -> Branch {
        let Some(branch) = self.branches.remove(place) else {
            return Branch::default();
        };
        self.by_age.remove(&branch.number);
        self.spans -= branch.spans.len();
        branch
    }

    fn merge(&mut self, place: BranchId, branch: Branch) {
        self.spans += branch.spans.len();
        let into = self.branches.entry(place).or_insert_with(|| {
            self.next_number += 1;
            self.by_age.insert(self.next_number, place);
            Branch {
                number: self.next_number,
                ..Branch::default()
            }
        });
        into.spans.extend(branch.spans);
        into.reason = into.reason.or(branch.reason);
    }

    fn shrink(&mut self, limit: usize) -> usize {
        let before = self.spans;
        while self.spans > limit
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.take(&oldest);
        }
        before - self.spans
    }
}

#[cfg(test)]
mod tests;
