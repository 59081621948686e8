use super::*;
use crate::fixture::{TRACE, client, failed, internal, server, span, store};

fn call(span_id: u64, answered: bool) -> TracedCall {
    TracedCall {
        trace_id: TRACE,
        span_id: SpanId::from(span_id),
        sampled: true,
        answered,
        started_in: None,
    }
}

#[test]
fn a_trace_with_all_its_spans_lacks_nothing() {
    let spans = [
        internal(1, 0, "workflow", (0, 9)),
        client(2, 1, "GetUser", (1, 8)),
        server(3, 2, "GetUser", (2, 7)),
        store(4, 3, "GET", (3, 4)),
    ];
    assert_eq!(missing_spans(&spans, &[call(2, true)]), []);
}

#[test]
fn an_answered_call_lacks_its_server_span_and_one_below_another_call_does_not_count() {
    let spans = [
        client(1, 0, "CreateUser", (0, 2)),
        client(2, 0, "GetUser", (3, 5)),
        server(3, 1, "CreateUser", (1, 2)),
    ];
    let expected = MissingSpan::Server {
        call: SpanId::from(2),
        name: "user.v1.UserService/GetUser".to_owned(),
    };
    assert_eq!(
        missing_spans(&spans, &[call(1, true), call(2, true)]),
        [expected]
    );
}

#[test]
fn a_call_that_never_arrived_needs_no_server_span() {
    let spans = [failed(client(1, 0, "GetUser", (0, 2)), "UNAVAILABLE")];
    assert_eq!(missing_spans(&spans, &[call(1, false)]), []);
}

#[test]
fn a_store_span_below_the_call_is_no_server_span() {
    let spans = [
        client(1, 0, "GetUser", (0, 9)),
        span(2, 1, "user-service", Kind::Client, "GET", (1, 2)),
    ];
    assert_eq!(missing_spans(&spans, &[call(1, true)]).len(), 1);
}

#[test]
fn the_parent_of_several_spans_is_missed_once() {
    let spans = [
        client(1, 0, "GetUser", (0, 9)),
        server(2, 1, "GetUser", (1, 8)),
        store(3, 77, "GET", (2, 3)),
        store(4, 77, "SET", (4, 5)),
    ];
    let expected = MissingSpan::Parent {
        id: SpanId::from(77),
        service: "user-service".to_owned(),
        name: "GET".to_owned(),
    };
    assert_eq!(missing_spans(&spans, &[call(1, true)]), [expected]);
}

#[test]
fn before_anything_has_arrived_the_calls_are_missing() {
    assert_eq!(
        missing_spans(&[], &[call(1, true)]),
        [MissingSpan::Client(SpanId::from(1))]
    );
}

#[test]
fn a_missing_call_is_not_missed_again_as_a_parent() {
    let spans = [server(3, 2, "GetUser", (2, 7))];
    let expected = MissingSpan::Client(SpanId::from(2));
    assert_eq!(missing_spans(&spans, &[call(2, true)]), [expected]);
}

#[test]
fn the_span_of_a_pipeline_is_not_waited_for() {
    let spans = [
        client(2, 99, "GetUser", (1, 8)),
        server(3, 2, "GetUser", (2, 7)),
    ];
    let in_pipeline = TracedCall {
        started_in: Some(SpanId::from(99)),
        ..call(2, true)
    };
    assert_eq!(missing_spans(&spans, &[in_pipeline]), []);
    assert_eq!(missing_spans(&spans, &[call(2, true)]).len(), 1);
}

#[test]
fn what_was_not_sampled_is_not_waited_for() {
    let unsampled = TracedCall {
        sampled: false,
        ..call(1, true)
    };
    assert_eq!(missing_spans(&[], &[unsampled]), []);
}

#[test]
fn spans_of_other_traces_are_ignored() {
    let mut foreign = store(3, 99, "GET", (2, 3));
    foreign.trace_id = opentelemetry::TraceId::from_bytes([1; 16]);
    let spans = [
        client(1, 0, "GetUser", (0, 9)),
        server(2, 1, "GetUser", (1, 8)),
        foreign,
    ];
    assert_eq!(missing_spans(&spans, &[call(1, true)]), []);
}
