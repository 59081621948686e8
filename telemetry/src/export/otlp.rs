//! The exporter of spans: OTLP over gRPC or HTTP, and one line in the log when
//! it starts to fail and one when it works again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_otlp::{
    ExporterBuildError, RetryPolicy, SpanExporter as OtlpExporter, WithExportConfig,
    WithHttpConfig, WithTonicConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tonic::transport::ClientTlsConfig;

use crate::environment::{Environment, OtlpProtocol, Signal, cut_values};

/// Sends spans by OTLP and reports its state once per change.
#[derive(Debug)]
pub(crate) struct ReportingExporter {
    inner: OtlpExporter,
    endpoint: String,
    value_length: Option<usize>,
    failing: AtomicBool,
}

impl ReportingExporter {
    /// An exporter to `endpoint`, or to where the environment says. Nothing is connected yet.
    /// It must be called inside the runtime that is to drive the connection.
    pub(crate) fn build(
        environment: &Environment,
        protocol: OtlpProtocol,
        endpoint: Option<String>,
        retry: bool,
    ) -> Result<Self, ExporterBuildError> {
        let endpoint = endpoint.or_else(|| environment.endpoint_override(Signal::Traces, protocol));
        let shown = endpoint
            .clone()
            .unwrap_or_else(|| environment.endpoint(Signal::Traces, protocol).to_owned());
        let inner = match protocol {
            OtlpProtocol::Grpc => {
                grpc(endpoint, !shown.starts_with("http://"), retry_policy(retry))?
            }
            OtlpProtocol::HttpProtobuf => http(endpoint, retry_policy(retry))?,
        };
        Ok(Self {
            inner,
            endpoint: shown,
            value_length: environment.value_length_limit(),
            failing: AtomicBool::new(false),
        })
    }

    fn report(&self, result: &OTelSdkResult, spans: usize) {
        match result {
            Ok(()) if self.failing.swap(false, Ordering::Relaxed) => {
                tracing::info!(endpoint = self.endpoint, "spans are exported again");
            }
            Err(error) if !self.failing.swap(true, Ordering::Relaxed) => {
                tracing::warn!(
                    endpoint = self.endpoint,
                    %error,
                    spans,
                    "cannot export spans: they are dropped until the endpoint answers, calls go on"
                );
            }
            _ => {}
        }
    }
}

fn retry_policy(retry: bool) -> RetryPolicy {
    match retry {
        true => RetryPolicy::recommended(),
        false => RetryPolicy::disabled(),
    }
}

fn grpc(
    endpoint: Option<String>,
    tls: bool,
    retry: RetryPolicy,
) -> Result<OtlpExporter, ExporterBuildError> {
    let mut builder = OtlpExporter::builder()
        .with_tonic()
        .with_retry_policy(retry);
    if tls {
        // Without this the exporter trusts no certificate at all.
        builder = builder.with_tls_config(ClientTlsConfig::new().with_enabled_roots());
    }
    match endpoint {
        Some(endpoint) => builder.with_endpoint(endpoint).build(),
        None => builder.build(),
    }
}

fn http(endpoint: Option<String>, retry: RetryPolicy) -> Result<OtlpExporter, ExporterBuildError> {
    let client = reqwest::Client::builder()
        .build()
        .map_err(|error| ExporterBuildError::InternalFailure(error.to_string()))?;
    let builder = OtlpExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_retry_policy(retry);
    match endpoint {
        Some(endpoint) => builder
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .build(),
        None => builder.build(),
    }
}

impl SpanExporter for ReportingExporter {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        if let Some(limit) = self.value_length {
            cut_values(&mut batch, limit);
        }
        let spans = batch.len();
        let result = self.inner.export(batch).await;
        self.report(&result, spans);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
