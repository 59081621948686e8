use std::time::SystemTime;

use super::*;
use crate::spans::tests::{Kept, tracer};

const TRACE: u128 = 7;

fn span(trace: u128, id: u64, parent: u64) -> EndedSpan {
    EndedSpan {
        encoded: EncodedSpan::new(tracer(&Kept::default()), id.to_be_bytes().to_vec()),
        trace_id: TraceId::from(trace),
        span_id: SpanId::from(id),
        parent_id: SpanId::from(parent),
        is_local_root: false,
        is_sampled: false,
        is_call: false,
        has_failed: false,
        started: SystemTime::UNIX_EPOCH,
        ended: SystemTime::UNIX_EPOCH,
    }
}

/// What stands for the spans of `branch`.
fn ids(branch: &Branch) -> Vec<SpanId> {
    let spans = branch.spans.iter();
    let mut ids: Vec<_> = spans.map(|it| it.bytes().to_vec()).collect();
    ids.sort();
    let ids = ids.into_iter().filter_map(|it| it.try_into().ok());
    ids.map(SpanId::from_bytes).collect()
}

#[test]
fn a_root_gets_all_that_is_below_it_and_nothing_else() {
    let buffer = Buffer::new(1_000);
    // Two calls in one trace; the first has a child with two children.
    for (id, parent) in [(4, 3), (5, 3), (3, 1), (6, 2)] {
        assert_eq!(buffer.add(span(TRACE, id, parent), None), 0);
    }

    let first = buffer.take(&span(TRACE, 1, 0));
    let second = buffer.take(&span(TRACE, 2, 0));

    assert_eq!(ids(&first), [3, 4, 5].map(SpanId::from));
    assert_eq!(ids(&second), [SpanId::from(6)]);
    assert!(buffer.take(&span(TRACE, 1, 0)).spans.is_empty());
}

#[test]
fn a_reason_rises_to_the_root() {
    let buffer = Buffer::new(1_000);
    buffer.add(span(TRACE, 4, 3), Some("error"));
    buffer.add(span(TRACE, 3, 1), None);

    assert_eq!(buffer.take(&span(TRACE, 1, 0)).reason, Some("error"));
}

#[test]
fn the_oldest_go_when_there_are_too_many() {
    let buffer = Buffer::new(16 * SHARDS);
    let mut dropped = 0;
    for root in 1..=100 {
        dropped += buffer.add(span(TRACE, 1_000 + root, root), None);
    }

    assert_eq!(dropped, 84);
    assert!(buffer.take(&span(TRACE, 84, 0)).spans.is_empty());
    assert_eq!(buffer.take(&span(TRACE, 85, 0)).spans.len(), 1);
    assert_eq!(buffer.take(&span(TRACE, 100, 0)).spans.len(), 1);
}
