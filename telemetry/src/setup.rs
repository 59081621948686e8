//! Starting and stopping telemetry.

use std::time::Duration;

use opentelemetry::global;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider, SpanExporter};
use tokio::runtime::{Builder, Runtime};

use crate::console::ConsoleExporter;
use crate::environment::{Environment, OtlpProtocol, Signal};
use crate::exporter::ReportingExporter;
use crate::logs::{self, LogFormat, LogTarget};
use crate::names;
use crate::resource::resource;

/// How long a flush may take, in all.
const FLUSH_LIMIT: Duration = Duration::from_secs(3);

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
/// When the log filter is wrong. A variable of OpenTelemetry never is an error, nor is an
/// endpoint that does not answer.
pub fn init(options: Options) -> Result<Telemetry, InitError> {
    // More than one TLS provider may be compiled in: name ours. The error says it is set already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let environment = Environment::of_process();
    let (telemetry, warnings) = Telemetry::start(&options, &environment)?;
    let tracer = telemetry
        .provider
        .as_ref()
        .map(|provider| provider.tracer(names::TRACING_SCOPE));
    logs::install(&options, environment.sdk_log_level(), tracer)?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    Ok(telemetry)
}

impl Telemetry {
    /// Starts the export of spans; answers also what there is to warn about, once logs are there.
    fn start(
        options: &Options,
        environment: &Environment,
    ) -> Result<(Self, Vec<String>), InitError> {
        let mut warnings = environment.warnings();
        let mut telemetry = Self {
            provider: None,
            runtime: None,
        };
        if environment.sdk_disabled() {
            return Ok((telemetry, warnings));
        }
        let resource = resource(options.service_name, options.service_version, environment);
        let mut builder = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_sampler(environment.sampler())
            .with_span_limits(environment.span_limits());
        let exporters = environment.exporters(Signal::Traces);
        if exporters.console {
            let exporter = ConsoleExporter::new(options.log_target, environment);
            builder = builder.with_span_processor(batches(exporter, environment));
        }
        if exporters.otlp {
            let runtime = telemetry.runtime.insert(runtime()?);
            match otlp(options, environment, runtime) {
                Ok(exporter) => {
                    builder = builder.with_span_processor(batches(exporter, environment));
                }
                Err(error) => warnings.push(format!(
                    "spans are not exported: {error}; correct the OTEL_EXPORTER_OTLP_* variables"
                )),
            }
        }
        let provider = builder.build();
        global::set_tracer_provider(provider.clone());
        telemetry.provider = Some(provider);
        Ok((telemetry, warnings))
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

fn otlp(
    options: &Options,
    environment: &Environment,
    runtime: &Runtime,
) -> Result<ReportingExporter, ExporterBuildError> {
    // An endpoint given by the program is its own receiver, which speaks gRPC.
    let protocol = match options.endpoint {
        Some(_) => OtlpProtocol::Grpc,
        None => environment.otlp_protocol(),
    };
    let _entered = runtime.enter();
    let endpoint = options.endpoint.clone();
    ReportingExporter::build(environment, protocol, endpoint, options.retry_exports)
}

fn batches(exporter: impl SpanExporter + 'static, environment: &Environment) -> BatchSpanProcessor {
    BatchSpanProcessor::builder(exporter)
        .with_batch_config(environment.span_batches())
        .build()
}
