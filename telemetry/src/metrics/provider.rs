//! The provider of instruments, and its two readers.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::global;
use opentelemetry_otlp::{
    ExporterBuildError, MetricExporter, WithExportConfig, WithHttpConfig, WithTonicConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use tokio::runtime::Handle;
use tonic::transport::ClientTlsConfig;

use super::scrape::Scrape;
use super::{SCOPE, process, spans};
use crate::environment::{Environment, OtlpProtocol, Signal};
use crate::export::SpanAccount;

/// Running metrics.
#[derive(Clone, Debug)]
pub(crate) struct Meters {
    provider: SdkMeterProvider,
    scrape: Scrape,
}

impl Meters {
    /// Starts metrics and makes them the process's own. Answers also why they
    /// can't be exported, if so.
    pub(crate) fn start(
        environment: &Environment,
        resource: Resource,
        account: &Arc<SpanAccount>,
        runtime: &Handle,
    ) -> (Self, Option<String>) {
        let scrape = Scrape::new();
        let mut builder = SdkMeterProvider::builder()
            .with_resource(resource)
            .with_reader(scrape.clone());
        let mut warning = None;
        if environment.exports_metrics() {
            match exporter(environment, runtime) {
                Ok(exporter) => {
                    let reader = PeriodicReader::builder(exporter);
                    let reader = reader.with_interval(environment.metric_interval());
                    builder = builder.with_reader(reader.build());
                }
                Err(error) => {
                    warning = Some(format!(
                        "metrics are not exported: {error}; correct the OTEL_EXPORTER_OTLP_* variables"
                    ));
                }
            }
        }
        let provider = builder.build();
        global::set_meter_provider(provider.clone());
        let meter = global::meter(SCOPE);
        process::observe(&meter);
        spans::observe(&meter, account);
        (Self { provider, scrape }, warning)
    }

    pub(crate) fn scrape(&self) -> Scrape {
        self.scrape.clone()
    }

    /// Sends what is there for the last time. Blocks for as long as `limit`.
    pub(crate) fn shutdown(&self, limit: Duration) {
        // An endpoint that doesn't answer is reported where spans are exported.
        let _ = self.provider.shutdown_with_timeout(limit);
    }
}

fn exporter(
    environment: &Environment,
    runtime: &Handle,
) -> Result<MetricExporter, ExporterBuildError> {
    let _entered = runtime.enter();
    let protocol = environment.otlp_protocol(Signal::Metrics);
    let endpoint = environment.endpoint_override(Signal::Metrics, protocol);
    let builder = MetricExporter::builder().with_temporality(environment.temporality());
    match protocol {
        OtlpProtocol::Grpc => {
            let shown = environment.endpoint(Signal::Metrics, protocol);
            let mut builder = builder.with_tonic();
            if !shown.starts_with("http://") {
                builder = builder.with_tls_config(ClientTlsConfig::new().with_enabled_roots());
            }
            match endpoint {
                Some(endpoint) => builder.with_endpoint(endpoint).build(),
                None => builder.build(),
            }
        }
        OtlpProtocol::HttpProtobuf => {
            let builder = builder.with_http().with_http_client(reqwest::Client::new());
            match endpoint {
                Some(endpoint) => builder
                    .with_endpoint(format!("{}/v1/metrics", endpoint.trim_end_matches('/')))
                    .build(),
                None => builder.build(),
            }
        }
    }
}
