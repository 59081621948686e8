//! `OTEL_LOGRECORD_*` and `OTEL_BLRP_*`.

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
