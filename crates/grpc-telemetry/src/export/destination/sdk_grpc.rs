//! The SDK's exporters over gRPC: of metrics and log records.

use opentelemetry_otlp::{WithExportConfig, WithTonicConfig};
use tonic::transport::ClientTlsConfig;

use super::Destination;

impl Destination {
    /// Sets up an exporter over gRPC.
    pub(crate) fn grpc<B: WithTonicConfig + WithExportConfig>(&self, builder: B) -> B {
        let mut builder = builder.with_retry_policy(self.retry_policy());
        if !self.endpoint.starts_with("http://") {
            // Without this the exporter trusts no certificate at all.
            builder = builder.with_tls_config(ClientTlsConfig::new().with_enabled_roots());
        }
        builder
            .with_endpoint(&self.endpoint)
            .with_timeout(self.limit)
    }
}
