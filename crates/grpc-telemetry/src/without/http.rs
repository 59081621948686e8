//! Without the feature `http`: an error in place of each exporter of OTLP over HTTP.

use std::sync::Arc;

use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::account::Account;
use super::destination::Destination;

fn left_out() -> ExporterBuildError {
    let why = "this program was built without the feature `http` of grpc-telemetry";
    ExporterBuildError::InternalFailure(why.to_owned())
}

#[cfg(feature = "logs")]
pub(crate) fn log_exporter(
    _: &Destination,
) -> Result<opentelemetry_otlp::LogExporter, ExporterBuildError> {
    Err(left_out())
}

#[cfg(feature = "metrics")]
pub(crate) fn metric_exporter(
    _: &Destination,
    _: opentelemetry_sdk::metrics::Temporality,
) -> Result<opentelemetry_otlp::MetricExporter, ExporterBuildError> {
    Err(left_out())
}

/// There is none.
#[derive(Debug)]
pub(super) enum HttpSpans {}

impl HttpSpans {
    pub(super) fn build(
        _: &Destination,
        _: &Resource,
        _: Option<usize>,
        _: Arc<Account>,
    ) -> Result<Self, ExporterBuildError> {
        Err(left_out())
    }
}

impl SpanExporter for HttpSpans {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        match *self {}
    }
}
