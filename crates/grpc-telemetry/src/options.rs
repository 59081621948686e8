//! What a program says of its telemetry, and why that may not start.

use crate::environment::ConfigFileError;
use crate::logs::{LogFormat, LogTarget, LogWriter};
#[cfg(feature = "tail-sampling")]
use crate::tail_sampling::RulesError;

/// What a program says of itself; everything else comes from the environment.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// `service.name`, unless `OTEL_SERVICE_NAME` names another.
    pub(crate) service_name: &'static str,
    /// `service.version`.
    pub(crate) service_version: &'static str,
    /// An OTLP endpoint that overrides the environment's.
    pub(crate) endpoint: Option<String>,
    /// Whether a failed export is tried again.
    pub(crate) retry_exports: bool,
    /// Which log records are written, in the syntax of `RUST_LOG`.
    pub(crate) log_filter: String,
    /// How log records look.
    pub(crate) log_format: LogFormat,
    /// Where log records go.
    pub(crate) log_target: LogTarget,
    /// What takes them there.
    pub(crate) log_writer: LogWriter,
    /// The beginning of the targets whose `tracing` spans become spans of traces.
    pub(crate) span_target: String,
}

/// Why telemetry could not be started.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The log filter is not one.
    #[error("RUST_LOG is not a valid filter: {0}; try \"info\" or \"h2=warn,debug\"")]
    LogFilter(#[from] tracing_subscriber::filter::ParseError),
    /// The reasons to keep a trace are not understood.
    #[cfg(feature = "tail-sampling")]
    #[error(transparent)]
    Keep(#[from] RulesError),
    /// The configuration file can't be used.
    #[error(transparent)]
    ConfigFile(#[from] ConfigFileError),
    /// The thread that exports could not be started.
    #[error("the exporter's thread could not be started: {0}")]
    Runtime(#[from] std::io::Error),
    /// Where log records are to go is closed, or the thread that writes them could not be started.
    #[error("the log cannot be written: {0}")]
    Log(std::io::Error),
    /// The process has a subscriber for `tracing` already.
    #[error(
        "telemetry was started twice in one process, or beside another subscriber for tracing: give that the layer of Builder::layer"
    )]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}
