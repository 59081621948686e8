//! Metrics: one set of instruments, read by `/metrics` as OpenMetrics and sent by
//! OTLP. They count every call, whatever is sampled.

mod accept;
mod attempts;
mod calls;
mod exemplars;
mod export_metrics;
mod exporter;
mod openmetrics;
mod points;
mod process;
mod provider;
mod rate;
mod runtimes;
mod scrape;
mod stores;

use opentelemetry::metrics::Meter;
use opentelemetry::{InstrumentationScope, global};

pub(crate) use self::attempts::AttemptMetrics;
pub(crate) use self::calls::{CallInstruments, CallMetrics};
pub(crate) use self::provider::Meters;
pub use self::runtimes::observe_runtime;
pub use self::scrape::{CONTENT_TYPE, Scrape, ScrapedText};
pub(crate) use self::stores::StoreDurations;

use crate::names;

/// The instrumentation scope of all metrics.
const SCOPE: &str = "telemetry.metrics";

/// The meter of all metrics. Start telemetry first.
fn meter() -> Meter {
    let scope = InstrumentationScope::builder(SCOPE)
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_schema_url(names::SCHEMA_URL);
    global::meter_with_scope(scope.build())
}
