//! Starting and stopping telemetry.

use std::time::Duration;

use opentelemetry::global;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};
use tokio::runtime::{Builder, Runtime};

use crate::environment::{self, OtlpProtocol, TracesExporter};
use crate::exporter::ReportingExporter;
use crate::logs::{self, LogFormat, LogTarget};
use crate::names;
use crate::resource::resource;

/// How long a flush may take, in all.
const FLUSH_LIMIT: Duration = Duration::from_secs(3);

/// Spans that wait for export; the SDK's default of 2,048 is lost in a burst.
const QUEUE_SIZE: usize = 16_384;

/// What a program says of itself; everything else comes from the `OTEL_*` variables.
#[derive(Clone, Debug)]
pub struct Options {
    /// `service.name`, unless `OTEL_SERVICE_NAME` names another.
    pub service_name: &'static str,
    /// `service.version`.
    pub service_version: &'static str,
    /// An OTLP endpoint that goes before the environment's.
    pub endpoint: Option<String>,
    /// Whether a failed export is tried again, which takes up to a second; not for a
    /// program that runs for less.
    pub retry_exports: bool,
    /// Which log records are written, in the syntax of `RUST_LOG`.
    pub log_filter: String,
    /// How log records look.
    pub log_format: LogFormat,
    /// Where log records go.
    pub log_target: LogTarget,
}

/// Why telemetry could not be started.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The log filter is not one.
    #[error("RUST_LOG is not a valid filter: {0}; try \"info\" or \"user_service=debug\"")]
    LogFilter(#[from] tracing_subscriber::filter::ParseError),
    /// The settings of the exporter are wrong.
    #[error(
        "traces cannot be exported: {0}; correct the OTEL_EXPORTER_OTLP_* variables, or set OTEL_TRACES_EXPORTER=none"
    )]
    Exporter(#[from] ExporterBuildError),
    /// The thread that exports could not be started.
    #[error("the exporter's thread could not be started: {0}")]
    Runtime(#[from] std::io::Error),
    /// The process has a subscriber for `tracing` already.
    #[error("telemetry was started twice in one process")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Running telemetry. [`Telemetry::shutdown`] it on every way out of the program.
#[derive(Debug)]
pub struct Telemetry {
    provider: Option<SdkTracerProvider>,
    /// Drives the exporter's connection, so that a busy or blocked program can't starve it.
    runtime: Option<Runtime>,
}

/// Starts logs and traces and makes them the process's own.
///
/// # Errors
/// When a setting is wrong. An endpoint that does not answer is no error.
pub fn init(options: Options) -> Result<Telemetry, InitError> {
    // More than one TLS provider may be compiled in: name ours. The error says it is set already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (telemetry, warnings) = Telemetry::start(&options)?;
    let tracer = telemetry
        .provider
        .as_ref()
        .map(|provider| provider.tracer(names::TRACING_SCOPE));
    logs::install(&options, tracer)?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    Ok(telemetry)
}

impl Telemetry {
    fn start(options: &Options) -> Result<(Self, Vec<String>), InitError> {
        let mut telemetry = Self {
            provider: None,
            runtime: None,
        };
        if environment::sdk_disabled() {
            return Ok((telemetry, Vec::new()));
        }
        let (exporter, exporter_warning) = environment::traces_exporter();
        let (protocol, protocol_warning) = environment::otlp_protocol();
        let mut builder = SdkTracerProvider::builder()
            .with_resource(resource(options.service_name, options.service_version));
        if exporter == TracesExporter::Otlp {
            let runtime = telemetry.runtime.insert(runtime()?);
            builder = builder.with_span_processor(batches(options, protocol, runtime)?);
        }
        let provider = builder.build();
        global::set_tracer_provider(provider.clone());
        telemetry.provider = Some(provider);
        let warnings = [exporter_warning, protocol_warning];
        Ok((telemetry, warnings.into_iter().flatten().collect()))
    }

    /// Sends what has ended so far, within 3 seconds.
    pub async fn flush(&self) {
        let Some(provider) = self.provider.clone() else {
            return;
        };
        let flush = tokio::task::spawn_blocking(move || provider.force_flush());
        // An unreachable endpoint is reported by the exporter, once.
        let _ = tokio::time::timeout(FLUSH_LIMIT, flush).await;
    }

    /// Sends what is left and stops, within 3 seconds.
    pub async fn shutdown(mut self) {
        let Some(provider) = self.provider.take() else {
            return;
        };
        let stop = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH_LIMIT));
        let _ = tokio::time::timeout(FLUSH_LIMIT, stop).await;
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        // A runtime may not wait for its threads inside another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("otlp")
        .enable_all()
        .build()
}

fn batches(
    options: &Options,
    protocol: OtlpProtocol,
    runtime: &Runtime,
) -> Result<BatchSpanProcessor, ExporterBuildError> {
    // An endpoint given by the program is its own receiver, which speaks gRPC.
    let protocol = match options.endpoint {
        Some(_) => OtlpProtocol::Grpc,
        None => protocol,
    };
    let _entered = runtime.enter();
    let exporter =
        ReportingExporter::build(protocol, options.endpoint.clone(), options.retry_exports)?;
    let mut config = BatchConfigBuilder::default();
    if environment::variable("OTEL_BSP_MAX_QUEUE_SIZE").is_none() {
        config = config.with_max_queue_size(QUEUE_SIZE);
    }
    Ok(BatchSpanProcessor::builder(exporter)
        .with_batch_config(config.build())
        .build())
}
