//! The SDK's exporter of log records by OTLP, which reports what state it is in.

use std::time::Duration;

use opentelemetry_otlp::{ExporterBuildError, LogExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter as ExportLogs};

use super::destination::Destination;
#[cfg(not(feature = "http"))]
use super::destination::without_http;
use super::reporter::Reporter;
use crate::environment::OtlpProtocol;

/// Sends log records by OTLP.
#[derive(Debug)]
pub(crate) struct OtlpLogs {
    inner: LogExporter,
    reporter: Reporter,
}

impl OtlpLogs {
    /// An exporter to `destination`, with the same terms as that of spans.
    pub(crate) fn build(destination: &Destination) -> Result<Self, ExporterBuildError> {
        let builder = LogExporter::builder();
        let inner = match destination.protocol {
            OtlpProtocol::Grpc => destination.grpc(builder.with_tonic()).build()?,
            #[cfg(feature = "http")]
            OtlpProtocol::HttpProtobuf => destination.http(builder.with_http())?.build()?,
            #[cfg(not(feature = "http"))]
            OtlpProtocol::HttpProtobuf => return Err(without_http()),
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
