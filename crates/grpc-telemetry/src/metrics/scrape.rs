//! A reading of all metrics, on demand.

use std::sync::{Arc, Weak};
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, Temporality};

use super::accept;
use super::openmetrics::{self, Format};

/// The content type of OpenMetrics.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The content type of what Prometheus had before that.
const OLD_CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All metrics of a process as text.
#[derive(Clone, Debug)]
pub struct ScrapedText {
    /// What the text is, for HTTP.
    pub content_type: &'static str,
    /// The text.
    pub body: String,
}

/// Reads the metrics of the process as often as it is asked to.
#[derive(Clone, Debug)]
pub struct Scrape(Arc<ManualReader>);

impl Scrape {
    pub(super) fn new() -> Self {
        Self(Arc::new(ManualReader::builder().build()))
    }

    /// All metrics now, in the format that `accept`, a header of HTTP, prefers: OpenMetrics
    /// unless Prometheus's older text is wanted more.
    pub fn text(&self, accept: Option<&str>) -> ScrapedText {
        let mut metrics = ResourceMetrics::default();
        // It fails once telemetry was shut down: there is nothing to read any more.
        let _ = self.0.collect(&mut metrics);
        let format = accept::preferred(accept);
        ScrapedText {
            content_type: match format {
                Format::OpenMetrics => CONTENT_TYPE,
                Format::Text => OLD_CONTENT_TYPE,
            },
            body: openmetrics::text(&metrics, format),
        }
    }
}

impl MetricReader for Scrape {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}
