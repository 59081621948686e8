//! The traces that are kept.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use grpc_telemetry::receiver::ReceivedSpan;
use opentelemetry::TraceId;

use super::entry::Entry;
use super::{Filter, Finished, Listed, LiveLimits, Summary, Totals};
use crate::span::{span_id, trace_id};

/// Traces by their ids, and in the order in which their last spans came.
#[derive(Debug)]
pub(super) struct Traces {
    limits: LiveLimits,
    entries: HashMap<TraceId, Entry>,
    /// The oldest first.
    order: BTreeMap<u64, TraceId>,
    next_place: u64,
    spans: usize,
    bytes: usize,
    pub(super) totals: Totals,
}

impl Traces {
    pub(super) fn new(limits: LiveLimits) -> Self {
        Self {
            limits,
            entries: HashMap::new(),
            order: BTreeMap::new(),
            next_place: 0,
            spans: 0,
            bytes: 0,
            totals: Totals::default(),
        }
    }

    /// Adds `spans`, which arrived at `now`, and drops the oldest traces for them. Returns how many of
    /// them are refused.
    pub(super) fn add(&mut self, spans: impl Iterator<Item = ReceivedSpan>, now: Instant) -> u64 {
        let before = self.totals.refused;
        for span in spans {
            if !self.add_one(span, now) {
                self.totals.refused += 1;
            }
        }
        self.totals.refused - before
    }

    fn add_one(&mut self, received: ReceivedSpan, now: Instant) -> bool {
        let ids = (
            trace_id(&received.span.trace_id),
            span_id(&received.span.span_id),
        );
        let (Some(id), Some(_)) = ids else {
            return false;
        };
        // It is out of the maps while others may be dropped for it.
        let known = self.entries.remove(&id);
        if let Some(entry) = &known {
            self.order.remove(&entry.place);
        }
        let is_new = known.is_none();
        let mut entry = known.unwrap_or_else(|| Entry::new(now));
        let cost = entry.cost(&received);
        let fits = entry.spans.len() < self.limits.spans_of_trace
            && entry.bytes + cost <= self.limits.bytes;
        if fits {
            self.make_room(cost);
            entry.add(received, cost, now);
            self.spans += 1;
            self.bytes += cost;
            self.totals.spans += 1;
            self.totals.traces += u64::from(is_new);
        }
        if !entry.spans.is_empty() {
            entry.place = self.next_place;
            self.next_place += 1;
            self.order.insert(entry.place, id);
            self.entries.insert(id, entry);
        }
        fits
    }

    /// Drops the oldest traces until one more span of `cost` bytes, and its trace, fit.
    fn make_room(&mut self, cost: usize) {
        let is_full = |this: &Self| {
            this.entries.len() >= this.limits.traces
                || this.spans >= this.limits.spans
                || this.bytes + cost > this.limits.bytes
        };
        while is_full(self) {
            let Some((_, oldest)) = self.order.pop_first() else {
                return;
            };
            let Some(entry) = self.entries.remove(&oldest) else {
                continue;
            };
            self.spans -= entry.spans.len();
            self.bytes -= entry.bytes;
            self.totals.dropped += 1;
            self.totals.dropped_unfinished += u64::from(entry.is_unfinished());
        }
    }

    pub(super) fn list(&self, filter: &Filter, most: usize) -> Listed {
        let mut listed = Listed::default();
        for id in self.order.values().rev() {
            let Some(spans) = self.spans_of(*id).filter(|it| filter.matches(it)) else {
                continue;
            };
            match listed.summaries.len() < most {
                true => listed.summaries.push(Summary::of(*id, spans)),
                false => listed.more += 1,
            }
        }
        listed
    }

    pub(super) fn spans_of(&self, id: TraceId) -> Option<&[ReceivedSpan]> {
        self.entries.get(&id).map(|entry| entry.spans.as_slice())
    }

    pub(super) fn finished(&mut self, now: Instant, limit: Duration, most: usize) -> Vec<Finished> {
        self.take(most, |entry| entry.is_due(now, limit))
    }

    pub(super) fn unfinished(&mut self, most: usize) -> Vec<Finished> {
        self.take(most, |entry| entry.is_unfinished())
    }

    pub(super) fn unfinished_count(&self) -> usize {
        let unfinished = self.entries.values().filter(|it| it.is_unfinished());
        unfinished.count()
    }

    fn take(&mut self, most: usize, mut is_due: impl FnMut(&mut Entry) -> bool) -> Vec<Finished> {
        let mut finished = Vec::new();
        for id in self.order.values() {
            if finished.len() < most
                && let Some(entry) = self.entries.get_mut(id)
                && is_due(entry)
            {
                finished.push(entry.finish());
            }
        }
        finished
    }
}

#[cfg(test)]
pub(super) mod tests;
