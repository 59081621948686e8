//! `OTEL_METRIC_EXPORT_INTERVAL` and what else is of metrics alone.

use std::time::Duration;

use opentelemetry_sdk::metrics::Temporality;

use super::Environment;

impl Environment {
    /// How often metrics are sent.
    pub(crate) fn metric_interval(&self) -> Duration {
        let millis = self.number("OTEL_METRIC_EXPORT_INTERVAL");
        let millis = millis.filter(|millis| *millis > 0);
        Duration::from_millis(millis.unwrap_or(60_000))
    }

    /// Whether sums that are sent start anew each time.
    pub(crate) fn temporality(&self) -> Temporality {
        let preference = self.word("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE");
        match preference.as_deref() {
            Some("delta") => Temporality::Delta,
            Some("lowmemory") => Temporality::LowMemory,
            _ => Temporality::Cumulative,
        }
    }
}
