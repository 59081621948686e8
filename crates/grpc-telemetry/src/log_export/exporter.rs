//! The SDK's exporter of log records by OTLP, which reports what state it is in.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_otlp::{ExporterBuildError, LogExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter as ExportLogs};

use crate::environment::OtlpProtocol;
use crate::export::{Account, Destination, Reporter, http};

/// Sends log records by OTLP.
#[derive(Debug)]
pub(crate) struct OtlpLogs {
    inner: LogExporter,
    account: Arc<Account>,
    reporter: Reporter,
}

impl OtlpLogs {
    /// An exporter to `destination`, with the same terms as that of spans.
    pub(crate) fn build(
        destination: &Destination,
        account: Arc<Account>,
    ) -> Result<Self, ExporterBuildError> {
        let inner = match destination.protocol {
            OtlpProtocol::Grpc => {
                let builder = LogExporter::builder().with_tonic();
                destination.grpc(builder).build()?
            }
            OtlpProtocol::HttpProtobuf => http::log_exporter(destination)?,
        };
        Ok(Self {
            inner,
            account,
            reporter: Reporter::new(destination),
        })
    }
}

impl ExportLogs for OtlpLogs {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let result = self.inner.export(batch).await;
        self.reporter.report(&result);
        self.reporter.report_refusal(&self.account);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
