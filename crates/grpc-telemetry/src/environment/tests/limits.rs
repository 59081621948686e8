//! `OTEL_*_LIMIT` of spans.

use crate::environment::Environment;

#[test]
fn specific_limits_override_the_general_limit() {
    let limits = Environment::of(&[
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", "10"),
        ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "5"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "many"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", "3"),
    ])
    .span_limits();
    assert_eq!(limits.max_attributes_per_span, 10);
    assert_eq!(limits.max_attributes_per_event, 5);
    assert_eq!(limits.max_attributes_per_link, 10);
    assert_eq!(limits.max_links_per_span, 3);
    assert_eq!(limits.max_events_per_span, 128);

    let general = ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "10");
    assert_eq!(Environment::of(&[general]).value_length_limit(), Some(10));
    let own = ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "5");
    assert_eq!(
        Environment::of(&[general, own]).value_length_limit(),
        Some(5)
    );
    assert_eq!(Environment::default().value_length_limit(), None);
}
