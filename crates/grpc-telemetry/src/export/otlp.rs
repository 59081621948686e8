//! The SDK's exporters of spans and log records by OTLP, which report what state they are in.

use std::time::Duration;

use opentelemetry_otlp::{ExporterBuildError, LogExporter, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter as ExportLogs};
use opentelemetry_sdk::trace::{SpanData, SpanExporter as ExportSpans};

use super::destination::Destination;
use super::reporter::Reporter;
use crate::environment::{OtlpProtocol, cut_values};

/// Sends spans by OTLP over HTTP.
#[derive(Debug)]
pub(super) struct HttpSpans {
    inner: SpanExporter,
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
    ) -> Result<Self, ExporterBuildError> {
        let builder = SpanExporter::builder().with_http();
        let mut inner = destination.http(builder)?.build()?;
        inner.set_resource(resource);
        Ok(Self {
            inner,
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
        result
    }
}

/// Sends log records by OTLP.
#[derive(Debug)]
pub(crate) struct OtlpLogs {
    inner: LogExporter,
    reporter: Reporter,
}

impl OtlpLogs {
    /// An exporter to `destination`, with the same terms as [`HttpSpans::build`].
    pub(crate) fn build(destination: &Destination) -> Result<Self, ExporterBuildError> {
        let builder = LogExporter::builder();
        let inner = match destination.protocol {
            OtlpProtocol::Grpc => destination.grpc(builder.with_tonic()).build()?,
            OtlpProtocol::HttpProtobuf => destination.http(builder.with_http())?.build()?,
        };
        Ok(Self {
            inner,
            reporter: Reporter::new(destination),
        })
    }
}

impl ExportLogs for OtlpLogs {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let result = self.inner.export(batch).await;
        self.reporter.report(&result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
