//! OTLP over HTTP: the SDK's exporters; that of spans reports what state it is in.

use std::sync::Arc;

use opentelemetry_otlp::{ExporterBuildError, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as ExportSpans};

use super::account::Account;
use super::destination::Destination;
use super::reporter::Reporter;
use crate::environment::cut_values;

/// An exporter of log records to `destination`.
#[cfg(feature = "logs")]
pub(crate) fn log_exporter(
    destination: &Destination,
) -> Result<opentelemetry_otlp::LogExporter, ExporterBuildError> {
    let builder = opentelemetry_otlp::LogExporter::builder().with_http();
    destination.http(builder)?.build()
}

/// An exporter of metrics to `destination`.
#[cfg(feature = "metrics")]
pub(crate) fn metric_exporter(
    destination: &Destination,
    temporality: opentelemetry_sdk::metrics::Temporality,
) -> Result<opentelemetry_otlp::MetricExporter, ExporterBuildError> {
    let builder = opentelemetry_otlp::MetricExporter::builder().with_http();
    let builder = builder.with_temporality(temporality);
    destination.http(builder)?.build()
}

/// Sends spans by OTLP over HTTP.
#[derive(Debug)]
pub(super) struct HttpSpans {
    inner: SpanExporter,
    account: Arc<Account>,
    reporter: Reporter,
    value_length: Option<usize>,
}

impl HttpSpans {
    /// An exporter to `destination`, which cuts texts to `value_length`. Nothing is connected yet.
    /// It must be called inside the runtime that is to drive the connection.
    pub(super) fn build(
        destination: &Destination,
        resource: &Resource,
        value_length: Option<usize>,
        account: Arc<Account>,
    ) -> Result<Self, ExporterBuildError> {
        let builder = SpanExporter::builder().with_http();
        let mut inner = destination.http(builder)?.build()?;
        inner.set_resource(resource);
        Ok(Self {
            inner,
            account,
            reporter: Reporter::new(destination),
            value_length,
        })
    }
}

impl ExportSpans for HttpSpans {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        if let Some(limit) = self.value_length {
            cut_values(&mut batch, limit);
        }
        let result = self.inner.export(batch).await;
        self.reporter.report(&result);
        self.reporter.report_refusal(&self.account);
        result
    }
}
