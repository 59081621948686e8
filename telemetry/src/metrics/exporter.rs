//! The exporter of metrics: OTLP over gRPC or HTTP, and one line in the log when
//! it starts to fail and one when it works again.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_otlp::{
    ExporterBuildError, MetricExporter, WithExportConfig, WithHttpConfig, WithTonicConfig,
};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use tokio::runtime::Handle;
use tonic::transport::ClientTlsConfig;

use crate::environment::{Environment, OtlpProtocol, Signal};

/// Sends metrics by OTLP and reports its state once per change.
#[derive(Debug)]
pub(super) struct Exporter {
    inner: MetricExporter,
    endpoint: String,
    runtime: Handle,
    failing: AtomicBool,
}

impl Exporter {
    /// An exporter to where the environment says, which works on `runtime`. Nothing is connected yet.
    pub(super) fn build(
        environment: &Environment,
        runtime: &Handle,
    ) -> Result<Self, ExporterBuildError> {
        let _entered = runtime.enter();
        let protocol = environment.otlp_protocol(Signal::Metrics);
        let shown = environment.endpoint(Signal::Metrics, protocol);
        let given = environment.endpoint_override(Signal::Metrics, protocol);
        let temporality = environment.temporality();
        let inner = match protocol {
            OtlpProtocol::Grpc => grpc(given, !shown.starts_with("http://"), temporality)?,
            OtlpProtocol::HttpProtobuf => http(given, temporality)?,
        };
        Ok(Self {
            inner,
            endpoint: shown.to_owned(),
            runtime: runtime.clone(),
            failing: AtomicBool::new(false),
        })
    }

    fn report(&self, result: &OTelSdkResult) {
        // As the exporter's own: who is not interested in the one isn't in the other.
        match result {
            Ok(()) if self.failing.swap(false, Ordering::Relaxed) => {
                tracing::info!(
                    target: "telemetry::export",
                    endpoint = self.endpoint,
                    "metrics are exported again"
                );
            }
            Err(error) if !self.failing.swap(true, Ordering::Relaxed) => {
                tracing::warn!(
                    target: "telemetry::export",
                    endpoint = self.endpoint,
                    %error,
                    "cannot export metrics until the endpoint answers: calls go on and are counted"
                );
            }
            _ => {}
        }
    }
}

fn grpc(
    endpoint: Option<String>,
    tls: bool,
    temporality: Temporality,
) -> Result<MetricExporter, ExporterBuildError> {
    let mut builder = MetricExporter::builder()
        .with_temporality(temporality)
        .with_tonic();
    if tls {
        // Without this the exporter trusts no certificate at all.
        builder = builder.with_tls_config(ClientTlsConfig::new().with_enabled_roots());
    }
    match endpoint {
        Some(endpoint) => builder.with_endpoint(endpoint).build(),
        None => builder.build(),
    }
}

fn http(
    endpoint: Option<String>,
    temporality: Temporality,
) -> Result<MetricExporter, ExporterBuildError> {
    let client = reqwest::Client::builder()
        .build()
        .map_err(|error| ExporterBuildError::InternalFailure(error.to_string()))?;
    let builder = MetricExporter::builder()
        .with_temporality(temporality)
        .with_http()
        .with_http_client(client);
    match endpoint {
        Some(endpoint) => builder
            .with_endpoint(format!("{}/v1/metrics", endpoint.trim_end_matches('/')))
            .build(),
        None => builder.build(),
    }
}

impl PushMetricExporter for Exporter {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let mut export = pin!(self.inner.export(metrics));
        // The reader has a thread of its own, where nothing drives sockets and timers.
        let on_runtime = poll_fn(|task| {
            let _entered = self.runtime.enter();
            export.as_mut().poll(task)
        });
        let result = on_runtime.await;
        self.report(&result);
        result
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.inner.temporality()
    }
}
