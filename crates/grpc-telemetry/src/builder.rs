//! How telemetry is started.

use tracing_subscriber::layer::Layer;
use tracing_subscriber::registry::LookupSpan;

use crate::environment::Environment;
use crate::handle::{Telemetry, use_ring};
use crate::logs::{self, LogFormat, LogTarget, LogWriter, SubscriberParts};
use crate::options::{InitError, Options};

/// The default log filter.
const LOG_FILTER: &str = "info";

/// Telemetry that is to be started. Without [`Builder::from_env`] the defaults of the
/// OpenTelemetry specification apply: spans go by OTLP to `http://localhost:4317`.
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    service_name: &'static str,
    service_version: &'static str,
    environment: Environment,
    endpoint: Option<String>,
    retry_exports: bool,
    log_filter: Option<String>,
    log_format: Option<LogFormat>,
    log_target: LogTarget,
    direct_logs: bool,
    span_target: String,
}

/// Telemetry of the program `service_name`, which is also what its own `tracing` spans and
/// their targets begin with: of `order-service` the module paths in `order_service`.
pub fn builder(service_name: &'static str, service_version: &'static str) -> Builder {
    Builder {
        service_name,
        service_version,
        environment: Environment::default(),
        endpoint: None,
        retry_exports: true,
        log_filter: None,
        log_format: None,
        log_target: LogTarget::Stdout,
        direct_logs: false,
        span_target: service_name.replace('-', "_"),
    }
}

/// Starts telemetry of the program `service_name` as the variables of this process say, with
/// log records to `log_target`: a [`builder`] with [`Builder::from_env`] and [`Builder::install`].
///
/// # Errors
/// As [`Builder::install`].
pub fn install(
    service_name: &'static str,
    service_version: &'static str,
    log_target: LogTarget,
) -> Result<Telemetry, InitError> {
    let builder = builder(service_name, service_version).from_env();
    builder.with_log_target(log_target).install()
}

impl Builder {
    /// Follows the variables of this process: `OTEL_*`, `TRACE_*`, `KITEX_COMPAT` and `RUST_LOG`.
    /// What isn't Unicode counts as unset.
    pub fn from_env(mut self) -> Self {
        self.environment = Environment::of_process();
        self
    }

    /// Sets one variable as if the process had it; an empty one is unset.
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment = self.environment.with(name, value);
        self
    }

    /// Sends spans by OTLP over gRPC to `endpoint`, whatever the variables say.
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// Tries no export again: for a program that does not run for long. Otherwise spans
    /// and log records wait for an endpoint that is away, at the end of the program for up to a second.
    pub fn without_export_retries(mut self) -> Self {
        self.retry_exports = false;
        self
    }

    /// Which log records are written, in the syntax of `RUST_LOG` and instead of it.
    pub fn with_log_filter(mut self, filter: impl Into<String>) -> Self {
        self.log_filter = Some(filter.into());
        self
    }

    /// How log records look; by default pretty on a terminal, else JSON.
    pub fn with_log_format(mut self, format: LogFormat) -> Self {
        self.log_format = Some(format);
        self
    }

    /// Where log records go; by default to standard output.
    pub fn with_log_target(mut self, target: LogTarget) -> Self {
        self.log_target = target;
        self
    }

    /// Has each log record written at once by the thread that makes it, which waits for the
    /// reader: for a command line, whose messages keep their order with what else it writes.
    /// Otherwise nothing ever waits for a log record: of those that are not read in time,
    /// 1 MiB waits, and the others are dropped and counted.
    pub fn with_direct_logs(mut self) -> Self {
        self.direct_logs = true;
        self
    }

    /// The `tracing` spans, of level INFO and above, of modules whose path begins with `target`
    /// become spans of traces; by default those of the program.
    pub fn with_spans_of(mut self, target: impl Into<String>) -> Self {
        self.span_target = target.into();
        self
    }

    /// Starts traces, metrics and logs, and makes them the process's own. Panics become log
    /// records, unless these are written directly.
    ///
    /// # Errors
    /// When the log filter, `TRACE_KEEP` or the file of `OTEL_CONFIG_FILE` is wrong, or the process
    /// has a subscriber already. Another variable of OpenTelemetry never is an error, nor is an
    /// endpoint that does not respond.
    pub fn install(self) -> Result<Telemetry, InitError> {
        let (options, telemetry, parts) = self.start()?;
        logs::install(&options, parts)?;
        if let LogWriter::Queued(_) = options.log_writer {
            logs::log_panics();
        }
        telemetry.warn_once();
        Ok(telemetry)
    }

    /// Starts traces and metrics, and returns a layer to put beside those of one's own
    /// `tracing` subscriber: it exports spans and log records, and writes nothing itself.
    ///
    /// ```
    /// use tracing_subscriber::prelude::*;
    ///
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let (telemetry, layer) = grpc_telemetry::builder("orders", "1.0").from_env().layer()?;
    /// tracing_subscriber::registry()
    ///     .with(layer)
    ///     .with(tracing_subscriber::fmt::layer())
    ///     .init();
    /// # drop(telemetry);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Builder::install`], but for the subscriber.
    pub fn layer<S>(self) -> Result<(Telemetry, impl Layer<S> + Send + Sync), InitError>
    where
        S: tracing::Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let (options, telemetry, parts) = self.start()?;
        Ok((telemetry, logs::exporting_layer(&options, parts)?))
    }

    fn start(mut self) -> Result<(Options, Telemetry, SubscriberParts), InitError> {
        use_ring();
        self.environment = self.environment.with_file()?;
        let from_variable = || self.environment.get("RUST_LOG").map(str::to_owned);
        let log_filter = self.log_filter.or_else(from_variable);
        let default_format = || match self.log_target.is_terminal() {
            true => LogFormat::Pretty,
            false => LogFormat::Json,
        };
        let log_format = self.log_format.unwrap_or_else(default_format);
        let log_writer = match self.direct_logs {
            true => LogWriter::Direct(self.log_target),
            false => LogWriter::queued(self.log_target, log_format).map_err(InitError::Log)?,
        };
        let options = Options {
            service_name: self.service_name,
            service_version: self.service_version,
            endpoint: self.endpoint,
            retry_exports: self.retry_exports,
            log_filter: log_filter.unwrap_or_else(|| LOG_FILTER.to_owned()),
            log_format,
            log_target: self.log_target,
            log_writer,
            span_target: self.span_target,
        };
        let (telemetry, parts) = Telemetry::start(&options, &self.environment)?;
        Ok((options, telemetry, parts))
    }
}
