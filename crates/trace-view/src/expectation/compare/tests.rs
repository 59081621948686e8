use std::sync::Arc;

use grpc_telemetry::receiver::ReceivedSpan;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Otlp;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::trace::v1 as otlp;

use super::*;

fn attribute(key: &str, value: Otlp) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// A CLIENT span of the service `s`; parent 0 means no parent.
fn span(id: u8, parent: u8, name: &str) -> ReceivedSpan {
    let service = attribute("service.name", Otlp::StringValue("s".to_owned()));
    let parent = match parent {
        0 => Vec::new(),
        parent => vec![parent; 8],
    };
    ReceivedSpan {
        resource: Arc::new(vec![service]),
        scope: Arc::new(InstrumentationScope::default()),
        span: otlp::Span {
            trace_id: vec![1; 16],
            span_id: vec![id; 8],
            parent_span_id: parent,
            name: name.to_owned(),
            kind: otlp::span::SpanKind::Client.into(),
            start_time_unix_nano: id.into(),
            ..otlp::Span::default()
        },
    }
}

fn with(mut span: ReceivedSpan, key: &str, value: Otlp) -> ReceivedSpan {
    span.span.attributes.push(attribute(key, value));
    span
}

fn failed(mut span: ReceivedSpan) -> ReceivedSpan {
    let code = otlp::status::StatusCode::Error.into();
    span.span.status = Some(otlp::Status {
        code,
        ..otlp::Status::default()
    });
    span
}

/// The lines of the comparison, as a user sees them.
fn compare(file: &str, received: &[ReceivedSpan]) -> Vec<String> {
    let expectation = Expectation::parse(file).unwrap();
    let lines = expectation.compare(&FoundTrace::new(received));
    let line = |line: &Line| {
        let mark = match line.mark {
            Mark::Same => ' ',
            Mark::Missing => '-',
            Mark::Unexpected => '+',
        };
        format!("{mark}{}{}", " ".repeat(line.depth), line.text)
    };
    lines.iter().map(line).collect()
}

#[test]
fn the_order_of_siblings_does_not_matter() {
    let file = "spans: [{name: a, children: [{name: c}, {name: b}]}]";
    let none: [&str; 0] = [];
    assert_eq!(
        compare(file, &[span(1, 0, "a"), span(2, 1, "b"), span(3, 1, "c")]),
        none
    );
}

#[test]
fn what_is_missing_and_what_is_too_much_are_told_where_they_are() {
    let file = "spans:\n- name: a\n  children:\n  - name: b\n    kind: CLIENT\n  - name: c\n";
    let found = [
        span(1, 0, "a"),
        span(2, 1, "c"),
        span(3, 1, "x"),
        span(4, 3, "y"),
        span(5, 1, "c"),
    ];
    let expected = [
        " s CLIENT a",
        "- CLIENT b (line 4)",
        "  s CLIENT c",
        "+ s CLIENT x and 1 below",
        "+ s CLIENT c (line 6: 1 expected, 2 found)",
    ];
    assert_eq!(compare(file, &found), expected);
}

#[test]
fn others_may_be_there_only_where_the_file_says_so() {
    let file = "spans: [{name: a, others: true, children: [{name: b}, {name: never, count: 0}]}]";
    let mut found = vec![span(1, 0, "a"), span(2, 1, "b"), span(3, 1, "x")];
    assert!(compare(file, &found).is_empty());
    found.push(span(4, 1, "never"));
    let expected = [
        " s CLIENT a",
        "  s CLIENT b",
        "+ s CLIENT never (line 1: 0 expected, 1 found)",
    ];
    assert_eq!(compare(file, &found), expected);
    let roots = [span(1, 0, "a"), span(2, 1, "b"), span(3, 0, "x")];
    assert_eq!(compare(file, &roots), [" s CLIENT a", "+s CLIENT x"]);
}

#[test]
fn each_fact_that_differs_is_shown_as_it_has_to_be_and_as_it_is() {
    let file = "
spans:
- name: a
  service: t
  kind: SERVER
  attributes: { port: 1, code: '7', any: , absent: x }
";
    let found = failed(span(1, 0, "a"));
    let found = with(found, "port", Otlp::StringValue("1".to_owned()));
    let found = with(found, "code", Otlp::StringValue("7".to_owned()));
    let found = with(found, "any", Otlp::BoolValue(false));
    let expected = [
        " s CLIENT a",
        "- service: t (line 3)",
        "+ service: s",
        "- kind: SERVER (line 3)",
        "+ kind: CLIENT",
        "- status: other than ERROR (line 3)",
        "+ status: ERROR",
        "- absent: \"x\" (line 3)",
        "- port: 1 (line 3)",
        "+ port: \"1\"",
    ];
    assert_eq!(compare(file, &[found]), expected);
}

#[test]
fn an_error_can_be_expected() {
    let file = "spans: [{name: a, status: ERROR}]";
    assert!(compare(file, &[failed(span(1, 0, "a"))]).is_empty());
    let expected = [" s CLIENT a", "- status: ERROR (line 1)", "+ status: UNSET"];
    assert_eq!(compare(file, &[span(1, 0, "a")]), expected);
}

#[test]
fn attributes_are_compared_by_value_and_type() {
    let list = Otlp::ArrayValue(opentelemetry_proto::tonic::common::v1::ArrayValue {
        values: vec![AnyValue {
            value: Some(Otlp::IntValue(1)),
        }],
    });
    let found = with(span(1, 0, "a"), "list", list);
    let found = [with(found, "half", Otlp::DoubleValue(2.0))];
    assert!(
        compare(
            "spans: [{name: a, attributes: {list: [1], half: 2}}]",
            &found
        )
        .is_empty()
    );
    assert!(!compare("spans: [{name: a, attributes: {list: [2]}}]", &found).is_empty());
    assert!(!compare("spans: [{name: a, attributes: {half: '2'}}]", &found).is_empty());
}

#[test]
fn a_count_is_how_often_a_span_is_there_with_all_that_is_below_it() {
    let file = |count| format!("spans: [{{name: a, count: {count}, children: [{{name: b}}]}}]");
    let found = [
        span(1, 0, "a"),
        span(2, 1, "b"),
        span(3, 0, "a"),
        span(4, 3, "b"),
    ];
    for (count, matches) in [
        ("2", true),
        ("1..2", true),
        ("1..", true),
        ("1", false),
        ("3..", false),
    ] {
        assert_eq!(compare(&file(count), &found).is_empty(), matches, "{count}");
    }
    let lines = compare(&file("3.."), &found);
    assert_eq!(
        lines,
        [" s CLIENT a ×2", "-a (line 1: 3.. expected, 2 found)"]
    );
}

#[test]
fn a_span_that_could_be_two_of_the_expected_ones_is_the_one_that_lacks_it() {
    let file = "
spans:
- { name: a, attributes: { n: } }
- { name: a, attributes: { n: 1 } }
";
    let one = with(span(1, 0, "a"), "n", Otlp::IntValue(1));
    let two = with(span(2, 0, "a"), "n", Otlp::IntValue(2));
    assert!(compare(file, &[one.clone(), two.clone()]).is_empty());
    assert!(compare(file, &[two, one]).is_empty());
}

#[test]
fn a_trace_of_any_depth_is_compared() {
    // Ids are of 8 bytes here, so that there are enough.
    let deep = |index: u64| {
        let mut found = span(1, 0, "a");
        found.span.span_id = (index + 1).to_be_bytes().to_vec();
        found.span.parent_span_id = index.to_be_bytes().to_vec();
        found.span.start_time_unix_nano = index;
        found
    };
    let found: Vec<ReceivedSpan> = (0..100_000).map(deep).collect();
    let lines = compare("spans: [{name: a}]", &found);
    assert_eq!(lines, [" s CLIENT a", "+ s CLIENT a and 99998 below"]);
}
