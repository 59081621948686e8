//! Starting telemetry.

use opentelemetry::trace::TracerProvider;
use opentelemetry::{Context, global};
use tokio::runtime::{Builder, Runtime};

use super::{Running, Telemetry};
use crate::environment::Environment;
use crate::export::Accounts;
use crate::log_export::{Bridge, Loggers};
use crate::logs::SubscriberParts;
use crate::metrics::Meters;
use crate::names;
use crate::options::{InitError, Options};
use crate::pipeline::Pipeline;
use crate::resource::resource;
use crate::rpc::Settings;
use crate::tail_sampling::Kept;

/// Makes ring the TLS provider of the process: more than one may be compiled in.
pub fn use_ring() {
    // The error says that one is set already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

impl Telemetry {
    /// Starts the export of spans, metrics and log records; also returns what the subscriber needs.
    pub(crate) fn start(
        options: &Options,
        environment: &Environment,
    ) -> Result<(Self, SubscriberParts), InitError> {
        let accounts = Accounts::default();
        let mut subscriber = SubscriberParts {
            sdk_level: environment.sdk_log_level().to_owned(),
            tracer: None,
            bridge: None,
        };
        let mut warnings = environment.warnings();
        let running = match environment.sdk_disabled() {
            true => None,
            false => {
                let (running, bridge, more) = Running::start(options, environment, &accounts)?;
                subscriber.tracer = Some(running.provider.tracer(names::TRACING_SCOPE));
                subscriber.bridge = bridge;
                warnings.extend(more);
                Some(running)
            }
        };
        let settings = Settings::of(environment);
        let mut telemetry = Self::of(running, accounts, settings, warnings);
        telemetry.log = Some(options.log_writer.clone());
        Ok((telemetry, subscriber))
    }
}

impl Running {
    /// Also returns what makes log records, and what there is to warn about.
    fn start(
        options: &Options,
        environment: &Environment,
        accounts: &Accounts,
    ) -> Result<(Self, Option<Bridge>, Vec<String>), InitError> {
        let kept = Kept::of(environment)?;
        let resource = resource(options.service_name, options.service_version, environment);
        let runtime = runtime()?;
        let pipeline = Pipeline {
            options,
            environment,
            resource: &resource,
            kept,
            runtime: runtime.handle(),
            accounts,
        };
        let (provider, of_spans) = pipeline.tracers();
        global::set_tracer_provider(provider.clone());
        let (meters, of_metrics) = Meters::start(&pipeline);
        // After the meters: the SDK counts the records that it makes.
        let (loggers, of_logs) = Loggers::start(&pipeline);
        let bridge = loggers.bridge(&pipeline);
        let running = Self {
            provider,
            meters,
            loggers,
            runtime,
        };
        let warnings = [of_spans, of_metrics, of_logs].into_iter().flatten();
        Ok((running, bridge, warnings.collect()))
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
