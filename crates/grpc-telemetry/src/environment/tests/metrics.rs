//! Variables of metrics alone.

use opentelemetry_sdk::metrics::Temporality;

use crate::environment::Environment;

#[test]
fn temporality_counts_in_any_case_and_is_cumulative_by_default() {
    let table = [
        ("DELTA", Temporality::Delta),
        ("lowMemory", Temporality::LowMemory),
        ("", Temporality::Cumulative),
        ("gauge", Temporality::Cumulative),
    ];
    for (value, expected) in table {
        let name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
        let temporality = Environment::of(&[(name, value)]).temporality();
        assert_eq!(temporality, expected, "{value}");
    }
}
