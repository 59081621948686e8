//! `OTEL_*_LIMIT` and batches.

use crate::environment::Environment;

#[test]
fn log_records_have_limits_and_batches_of_their_own() {
    let environment = Environment::of(&[
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", "10"),
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "20"),
        ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "5"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "7"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "0"),
    ]);
    let limits = environment.log_limits();
    assert_eq!((limits.attributes, limits.value_length), (10, Some(5)));
    let batches = environment.log_batches();
    assert_eq!(batches.queue_size, 7);
    assert_eq!(batches.delay.as_millis(), 1_000, "0 is not understood");
    let limits = Environment::default().log_limits();
    assert_eq!((limits.attributes, limits.value_length), (128, None));
}

#[test]
fn limits_of_their_own_go_before_the_general_one() {
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
