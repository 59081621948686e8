//! Where a signal is sent by OTLP, and how.

use std::time::Duration;

#[cfg(feature = "http")]
use opentelemetry_otlp::{ExporterBuildError, WithHttpConfig};
use opentelemetry_otlp::{RetryPolicy, WithExportConfig, WithTonicConfig};
use tonic::transport::ClientTlsConfig;

use crate::environment::{Environment, OtlpProtocol, Signal};

/// The endpoint of a signal. The exporter reads the rest of its variables itself.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub(crate) signal: Signal,
    pub(crate) protocol: OtlpProtocol,
    /// In place of what the variables say.
    given: Option<String>,
    /// What messages name, and what decides on TLS.
    pub(crate) shown: String,
    /// How long an export may take.
    limit: Duration,
    /// Whether a failed export is tried again.
    pub(super) retry: bool,
}

impl Destination {
    /// Where the environment says.
    pub(crate) fn of(environment: &Environment, signal: Signal, retry: bool) -> Self {
        let protocol = environment.otlp_protocol(signal);
        let (given, shown) = match protocol {
            OtlpProtocol::Grpc => (
                environment.endpoint_override(signal, protocol),
                environment.endpoint(signal, protocol),
            ),
            OtlpProtocol::HttpProtobuf => {
                let endpoint = environment.http_endpoint(signal);
                (Some(endpoint.clone()), endpoint)
            }
        };
        Self {
            signal,
            protocol,
            given,
            shown,
            limit: environment.export_limit(signal),
            retry,
        }
    }

    /// A receiver of the program's own, which speaks gRPC.
    pub(crate) fn own(endpoint: String, signal: Signal, retry: bool) -> Self {
        Self {
            signal,
            protocol: OtlpProtocol::Grpc,
            given: Some(endpoint.clone()),
            shown: endpoint,
            limit: Environment::default().export_limit(signal),
            retry,
        }
    }

    /// Sets up an exporter over gRPC.
    pub(crate) fn grpc<B: WithTonicConfig + WithExportConfig>(&self, builder: B) -> B {
        let mut builder = WithTonicConfig::with_retry_policy(builder, self.retry_policy());
        if !self.shown.starts_with("http://") {
            // Without this the exporter trusts no certificate at all.
            builder = builder.with_tls_config(ClientTlsConfig::new().with_enabled_roots());
        }
        match &self.given {
            Some(endpoint) => builder.with_endpoint(endpoint),
            None => builder,
        }
        .with_timeout(self.limit)
    }

    /// Sets up an exporter over HTTP.
    #[cfg(feature = "http")]
    pub(crate) fn http<B: WithHttpConfig + WithExportConfig>(
        &self,
        builder: B,
    ) -> Result<B, ExporterBuildError> {
        let client = reqwest::Client::builder()
            // The headers may hold a key, which another host must not get.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| ExporterBuildError::InternalFailure(error.to_string()))?;
        let builder = builder.with_http_client(client);
        let builder = WithHttpConfig::with_retry_policy(builder, self.retry_policy());
        Ok(match &self.given {
            Some(endpoint) => builder.with_endpoint(endpoint),
            None => builder,
        }
        .with_timeout(self.limit))
    }

    fn retry_policy(&self) -> RetryPolicy {
        match self.retry {
            true => RetryPolicy::recommended(),
            false => RetryPolicy::disabled(),
        }
    }
}

/// Why there is no exporter over HTTP.
#[cfg(not(feature = "http"))]
pub(crate) fn without_http() -> opentelemetry_otlp::ExporterBuildError {
    let why = "this program was built without the feature `http` of grpc-telemetry";
    opentelemetry_otlp::ExporterBuildError::InternalFailure(why.to_owned())
}
