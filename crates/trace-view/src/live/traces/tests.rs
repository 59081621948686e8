use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;

use super::*;

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(Value::StringValue(value.to_owned()));
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value }),
        ..KeyValue::default()
    }
}

/// A span of the service `shop`; parent 0 means no parent.
pub(in crate::live) fn received(trace: u8, id: u8, parent: u8, name: &str) -> ReceivedSpan {
    let parent = if parent == 0 { vec![] } else { vec![parent; 8] };
    ReceivedSpan {
        resource: Arc::new(vec![text("service.name", "shop")]),
        scope: Arc::default(),
        span: Span {
            trace_id: vec![trace; 16],
            span_id: vec![id; 8],
            parent_span_id: parent,
            name: name.to_owned(),
            ..Span::default()
        },
    }
}

const LIMITS: LiveLimits = LiveLimits {
    traces: 3,
    spans: 10,
    bytes: 100_000,
    spans_of_trace: 5,
};
const LIMIT: Duration = Duration::from_secs(30);

fn traces() -> (Traces, Instant) {
    (Traces::new(LIMITS), Instant::now())
}

fn after(start: Instant, millis: u64) -> Instant {
    start + Duration::from_millis(millis)
}

fn kept(traces: &Traces) -> Vec<u8> {
    let ids = traces.order.values();
    ids.map(|id| id.to_bytes()[0]).collect()
}

#[test]
fn a_whole_trace_is_finished_a_second_after_its_last_span() {
    let (mut traces, start) = traces();
    traces.add([received(1, 2, 1, "child")].into_iter(), start);
    let later = after(start, 900);
    assert!(traces.finished(later, LIMIT, 10).is_empty());
    traces.add([received(1, 1, 0, "root")].into_iter(), later);
    assert!(traces.finished(after(later, 999), LIMIT, 10).is_empty());
    let finished = traces.finished(after(later, 1_000), LIMIT, 10);
    assert_eq!((finished[0].spans.len(), finished[0].late), (2, 0));
    assert!(traces.finished(after(later, 60_000), LIMIT, 10).is_empty());
}

#[test]
fn a_trace_without_its_root_is_finished_after_six_quiet_seconds() {
    let (mut traces, start) = traces();
    traces.add([received(1, 2, 1, "child")].into_iter(), start);
    assert!(traces.finished(after(start, 5_999), LIMIT, 10).is_empty());
    assert_eq!(traces.finished(after(start, 6_000), LIMIT, 10).len(), 1);
}

#[test]
fn a_trace_that_never_rests_is_finished_at_the_limit() {
    let (mut traces, start) = traces();
    let limit = Duration::from_secs(4);
    for (id, millis) in [(2, 0), (3, 2_000), (4, 3_900)] {
        traces.add(
            [received(1, id, 1, "child")].into_iter(),
            after(start, millis),
        );
        assert!(traces.finished(after(start, millis), limit, 10).is_empty());
    }
    assert_eq!(traces.finished(after(start, 4_000), limit, 10).len(), 1);
}

#[test]
fn late_spans_finish_a_trace_again() {
    let (mut traces, start) = traces();
    traces.add([received(1, 1, 0, "root")].into_iter(), start);
    assert_eq!(traces.finished(after(start, 1_000), LIMIT, 10).len(), 1);
    traces.add(
        [received(1, 2, 1, "late")].into_iter(),
        after(start, 40_000),
    );
    assert!(traces.finished(after(start, 40_500), LIMIT, 10).is_empty());
    let again = traces.finished(after(start, 41_000), LIMIT, 10);
    assert_eq!((again[0].spans.len(), again[0].late), (2, 1));
}

#[test]
fn the_trace_with_the_oldest_last_span_is_dropped_for_a_new_one() {
    let (mut traces, start) = traces();
    for trace in 1..=3 {
        traces.add([received(trace, 1, 0, "root")].into_iter(), start);
    }
    traces.add([received(1, 2, 1, "child")].into_iter(), start);
    traces.add([received(4, 1, 0, "root")].into_iter(), start);
    assert_eq!(kept(&traces), [3, 1, 4]);
    assert_eq!(traces.totals.dropped, 1);
    assert_eq!(traces.totals.dropped_unfinished, 1);
}

#[test]
fn spans_and_bytes_are_bounded_and_counted() {
    let (mut traces, start) = traces();
    for trace in [1, 2] {
        let spans = (1..=5).map(|id| received(trace, id, 0, "span"));
        assert_eq!(traces.add(spans, start), 0);
    }
    assert_eq!(
        traces.add([received(2, 6, 0, "sixth")].into_iter(), start),
        1
    );
    traces.add([received(3, 1, 0, "eleventh")].into_iter(), start);
    assert_eq!((kept(&traces), traces.spans), (vec![2, 3], 6));
    let large = "x".repeat(60_000);
    traces.add([received(4, 1, 0, &large)].into_iter(), start);
    traces.add([received(5, 1, 0, &large)].into_iter(), start);
    assert_eq!(kept(&traces), [5]);
    let rest: usize = traces.entries.values().map(|it| it.bytes).sum();
    assert_eq!(traces.bytes, rest);
    assert!(traces.bytes <= LIMITS.bytes);
}

#[test]
fn what_is_larger_than_all_memory_is_refused_and_drops_nothing() {
    let (mut traces, start) = traces();
    traces.add([received(1, 1, 0, "root")].into_iter(), start);
    let large = "x".repeat(LIMITS.bytes);
    assert_eq!(
        traces.add([received(2, 1, 0, &large)].into_iter(), start),
        1
    );
    assert_eq!(kept(&traces), [1]);
    assert_eq!(traces.totals.traces, 1);
}

#[test]
fn spans_without_valid_ids_are_refused() {
    let (mut traces, start) = traces();
    let spans = [received(0, 1, 0, "zeros"), received(1, 0, 0, "zeros")];
    assert_eq!(traces.add(spans.into_iter(), start), 2);
    assert!(kept(&traces).is_empty());
}

#[test]
fn finished_traces_are_returned_in_parts() {
    let (mut traces, start) = traces();
    for trace in 1..=3 {
        traces.add([received(trace, 1, 0, "root")].into_iter(), start);
    }
    let later = after(start, 1_000);
    assert_eq!(traces.finished(later, LIMIT, 2).len(), 2);
    assert_eq!(traces.unfinished_count(), 1);
    assert_eq!(traces.unfinished(2).len(), 1);
    assert!(traces.finished(later, LIMIT, 2).is_empty());
}
