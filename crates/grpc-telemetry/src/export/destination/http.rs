//! The SDK's exporters over HTTP.

use opentelemetry_otlp::{ExporterBuildError, WithExportConfig, WithHttpConfig};

use super::Destination;

impl Destination {
    /// Sets up an exporter over HTTP.
    pub(crate) fn http<B: WithHttpConfig + WithExportConfig>(
        &self,
        builder: B,
    ) -> Result<B, ExporterBuildError> {
        let client = reqwest::Client::builder()
            // The headers may hold a key, which another host must not get.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| ExporterBuildError::InternalFailure(error.to_string()))?;
        Ok(builder
            .with_http_client(client)
            .with_retry_policy(self.retry_policy())
            .with_endpoint(&self.endpoint)
            .with_timeout(self.limit))
    }
}
