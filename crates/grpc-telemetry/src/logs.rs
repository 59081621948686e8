//! Log records: text for people or JSON for machines, each with the ids of the trace and
//! span it belongs to.

mod bounded;
mod json;
mod line_queue;
mod note;
mod panics;
mod pretty;
mod repeats;
mod stderr;
mod writer;

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::sync::Arc;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use self::bounded::Bounded;
#[cfg(feature = "metrics")]
pub(crate) use self::line_queue::LineQueue;
pub(crate) use self::panics::log_panics;
pub use self::stderr::write_to_stderr;
pub(crate) use self::writer::LogWriter;

use crate::log_export::Bridge;
use crate::options::{InitError, Options};
use crate::spans::Tracer;

/// How log records look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// A line of text, for people.
    Pretty,
    /// A JSON object a line.
    Json,
}

/// Where log records go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogTarget {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl LogTarget {
    pub(crate) fn is_terminal(self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
        }
    }

    /// The target without the lock and the buffer that the standard library has for it.
    fn file(self) -> io::Result<File> {
        let descriptor = match self {
            Self::Stdout => io::stdout().as_fd().try_clone_to_owned(),
            Self::Stderr => io::stderr().as_fd().try_clone_to_owned(),
        };
        descriptor.map(File::from)
    }
}

/// What the subscriber has of running telemetry.
#[derive(Debug)]
pub(crate) struct SubscriberParts {
    /// Which of the SDK's own records are written.
    pub(crate) sdk_level: String,
    /// Takes spans of `tracing`.
    pub(crate) tracer: Option<Tracer>,
    /// Takes log records, if they go by OTLP.
    pub(crate) bridge: Option<Bridge>,
}

/// Makes the process's subscriber: log records to their target, and all that `parts` takes.
pub(crate) fn install(options: &Options, parts: SubscriberParts) -> Result<(), InitError> {
    let filter = filter(options, &parts.sdk_level)?;
    let records = records(options).and_then(parts.bridge);
    tracing_subscriber::registry()
        .with(parts.tracer.map(|tracer| spans(options, tracer)))
        .with(records.with_filter(filter))
        .try_init()?;
    Ok(())
}

/// All that `parts` takes, for a subscriber of the program's own.
pub(crate) fn exporting_layer<S>(
    options: &Options,
    parts: SubscriberParts,
) -> Result<impl Layer<S> + Send + Sync + use<S>, InitError>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let filter = filter(options, &parts.sdk_level)?;
    let spans = parts.tracer.map(|tracer| spans(options, tracer));
    let bridge = parts.bridge.map(|bridge| bridge.with_filter(filter));
    Ok(Layer::and_then(spans, bridge))
}

/// Makes spans of traces of those of `tracing`.
fn spans<S>(options: &Options, tracer: Tracer) -> impl Layer<S> + Send + Sync + use<S>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let target = options.span_target.clone();
    let makes_a_span = move |metadata: &Metadata<'_>| makes_a_span(&target, metadata);
    // A filter without a level would switch on every record and span that a library has.
    let makes_a_span = filter_fn(makes_a_span).with_max_level_hint(LevelFilter::INFO);
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_level(false)
        .with_tracked_inactivity(false)
        .with_error_events_to_status(false)
        .with_error_events_to_exceptions(false)
        .with_error_fields_to_exceptions(false)
        .with_error_records_to_exceptions(false)
        .with_filter(makes_a_span)
}

/// The exporter reports its own state, once per change. The directives for the SDK come before the
/// user's filter, which can override them.
fn filter(options: &Options, sdk_level: &str) -> Result<EnvFilter, InitError> {
    let (transport, own) = (of_transport(&options.log_filter), &options.log_filter);
    Ok(EnvFilter::try_new(format!(
        "opentelemetry={sdk_level},opentelemetry_sdk={sdk_level},{transport}{own}",
    ))?)
}

/// The level of the HTTP/2 crates where the filter's own level is info or warn: a peer can cause
/// their warnings as often as it likes, so only errors are logged. The filter can override this.
fn of_transport(filter: &str) -> &'static str {
    let levels = filter.split(',').filter_map(|it| it.trim().parse().ok());
    match levels.max() {
        Some(LevelFilter::INFO | LevelFilter::WARN) => "h2=error,hyper=error,",
        _ => "",
    }
}

/// Spans have a filter of their own: a log filter must never break a trace.
fn makes_a_span(target: &str, metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && *metadata.level() <= Level::INFO && metadata.target().starts_with(target)
}

fn records<S>(options: &Options) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    let layer = fmt::layer()
        .with_writer(options.log_writer.clone())
        // It would write to standard error, and wait for its reader.
        .log_internal_errors(false)
        .with_ansi(options.log_target.is_terminal());
    let lines = match &options.log_writer {
        LogWriter::Queued(lines) => Some(Arc::clone(lines)),
        LogWriter::Direct(_) => None,
    };
    match options.log_format {
        LogFormat::Json => {
            let format = json::Json;
            layer.event_format(Bounded { format, lines }).boxed()
        }
        LogFormat::Pretty => {
            let format = pretty::Pretty;
            layer.event_format(Bounded { format, lines }).boxed()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transport_warns_only_where_a_filter_wants_it() {
        let quiet = ["info", "warn", "user_service=debug,info", "info,h2=warn"];
        for filter in quiet {
            assert_eq!(of_transport(filter), "h2=error,hyper=error,", "{filter}");
        }
        for filter in ["debug", "trace", "off", "error", "h2=warn", "info,trace"] {
            assert_eq!(of_transport(filter), "", "{filter}");
        }
    }
}
