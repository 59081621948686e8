//! Starting and stopping telemetry.

use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry::{Context, global};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::environment::Environment;
use crate::export::{Account, Accounts, PartialSuccessLayer};
use crate::keep::RulesError;
use crate::logs::{self, Bridge, LogFormat, LogTarget};
use crate::metrics::{Meters, Scrape};
use crate::names;
use crate::pipeline::Pipeline;
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
    /// The reasons to keep a trace are not understood.
    #[error(transparent)]
    Keep(#[from] RulesError),
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
    meters: Option<Meters>,
    /// None if log records don't go by OTLP.
    loggers: Option<SdkLoggerProvider>,
    accounts: Accounts,
    /// Drives the exporter's connection, so that a busy or blocked program can't starve it.
    runtime: Option<Runtime>,
}

/// Makes ring the TLS provider of the process: more than one may be compiled in.
pub fn use_ring() {
    // The error says that one is set already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Starts logs and traces and makes them the process's own.
///
/// # Errors
/// When the log filter or `TRACE_KEEP` is wrong. A variable of OpenTelemetry never is an error, nor is an
/// endpoint that does not answer.
pub fn init(options: Options) -> Result<Telemetry, InitError> {
    use_ring();
    let environment = Environment::of_process();
    let (telemetry, warnings) = Telemetry::start(&options, &environment)?;
    let tracer = telemetry
        .provider
        .as_ref()
        .map(|provider| provider.tracer(names::TRACING_SCOPE));
    let bridge = telemetry
        .loggers
        .as_ref()
        .map(|loggers| Bridge::new(loggers, environment.log_limits()));
    let refused = PartialSuccessLayer::new(telemetry.accounts.clone());
    logs::install(
        &options,
        environment.sdk_log_level(),
        tracer,
        bridge,
        refused,
    )?;
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
            meters: None,
            loggers: None,
            accounts: Accounts::default(),
            runtime: None,
        };
        if environment.sdk_disabled() {
            return Ok((telemetry, warnings));
        }
        let keep = environment.trace_keep()?;
        let resource = resource(options.service_name, options.service_version, environment);
        let runtime = telemetry.runtime.insert(runtime()?);
        let pipeline = Pipeline {
            options,
            environment,
            resource: &resource,
            keep,
            runtime: runtime.handle(),
            accounts: &telemetry.accounts,
        };
        let (provider, warning) = pipeline.tracers();
        warnings.extend(warning);
        global::set_tracer_provider(provider.clone());
        telemetry.provider = Some(provider);
        let handle = runtime.handle();
        let accounts = &telemetry.accounts;
        let (meters, warning) = Meters::start(environment, resource.clone(), accounts, handle);
        warnings.extend(warning);
        telemetry.meters = Some(meters);
        // After the meters: the SDK counts the records that it makes.
        let (loggers, warning) = pipeline.loggers();
        warnings.extend(warning);
        telemetry.loggers = loggers;
        Ok((telemetry, warnings))
    }

    /// A reader of the metrics; none if OpenTelemetry is switched off.
    pub fn scrape(&self) -> Option<Scrape> {
        self.meters.as_ref().map(Meters::scrape)
    }

    /// Sends what has ended so far, within 3 seconds.
    pub async fn flush(&self) {
        let Some(provider) = self.provider.clone() else {
            return;
        };
        let loggers = self.loggers.clone();
        let flush = tokio::task::spawn_blocking(move || {
            side_by_side(
                || provider.force_flush(),
                || loggers.map_or(Ok(()), |loggers| loggers.force_flush()),
            );
        });
        let _ = tokio::time::timeout(FLUSH_LIMIT, flush).await;
    }

    /// Sends what is left and stops, within 3 seconds.
    pub async fn shutdown(mut self) {
        let Some(provider) = self.provider.take() else {
            return;
        };
        let loggers = self.loggers.take();
        let meters = self.meters.take();
        let runtime = self.runtime.take();
        let (done, is_done) = oneshot::channel();
        // A thread of its own: a runtime would wait for it at its end, however long that takes.
        std::thread::spawn(move || {
            side_by_side(
                || provider.shutdown_with_timeout(FLUSH_LIMIT),
                || loggers.map_or(Ok(()), |loggers| loggers.shutdown_with_timeout(FLUSH_LIMIT)),
            );
            if let Some(meters) = meters {
                meters.shutdown(FLUSH_LIMIT);
            }
            let _ = done.send(());
            // Not before: an export that still goes on would lose its timers.
            drop(runtime);
        });
        let _ = tokio::time::timeout(FLUSH_LIMIT, is_done).await;
        report_losses("spans", &self.accounts.spans);
        report_losses("log records", &self.accounts.logs);
    }
}

/// Waits for spans and log records at once: one that hangs leaves no time for the other.
fn side_by_side(
    spans: impl FnOnce() -> OTelSdkResult,
    logs: impl FnOnce() -> OTelSdkResult + Send,
) {
    // An endpoint that doesn't answer is reported by the exporters.
    std::thread::scope(|scope| {
        scope.spawn(logs);
        let _ = spans();
    });
}

fn report_losses(what: &str, account: &Account) {
    let counts = account.counts();
    let lost = counts.lost() + counts.pending();
    if lost == 0 {
        return;
    }
    // As the exporter's own: who is not interested in the one isn't in the other.
    tracing::warn!(
        target: "grpc_telemetry::export",
        made = counts.begun,
        exported = counts.exported,
        lost,
        "not all {what} were exported"
    );
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        // A runtime may not wait for its threads inside another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The runtime of the exporters. What is logged on its threads is never exported: with a
/// log filter of "trace" each export would make records for the next one.
fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("otlp")
        .on_thread_start(|| std::mem::forget(Context::enter_telemetry_suppressed_scope()))
        .enable_all()
        .build()
}
