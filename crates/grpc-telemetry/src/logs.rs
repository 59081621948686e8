//! Log records: text for people or JSON for machines, and by OTLP, each with the
//! ids of the trace and span it belongs to.

mod bridge;
mod json;
mod pretty;

use std::io::{self, IsTerminal};

use opentelemetry_sdk::trace::Tracer;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, LevelFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

pub(crate) use self::bridge::Bridge;

use crate::export::PartialSuccessLayer;
use crate::setup::{InitError, Options};

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
    fn is_terminal(self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
        }
    }
}

impl<'a> MakeWriter<'a> for LogTarget {
    type Writer = Box<dyn io::Write>;

    fn make_writer(&'a self) -> Self::Writer {
        match self {
            Self::Stdout => Box::new(io::stdout()),
            Self::Stderr => Box::new(io::stderr()),
        }
    }
}

/// Makes the process's subscriber: log records to their target and over `bridge`, spans to `tracer`.
/// `refused` reads the exporter's. Of the SDK's own records those of `sdk_level` are among them.
pub(crate) fn install(
    options: &Options,
    sdk_level: &str,
    tracer: Option<Tracer>,
    bridge: Option<Bridge>,
    refused: PartialSuccessLayer,
) -> Result<(), InitError> {
    // A filter without a level would switch on every record and span that a library has.
    let makes_a_span = filter_fn(makes_a_span).with_max_level_hint(LevelFilter::INFO);
    let spans = tracer.map(|tracer| {
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
    });
    // The exporter reports its own state, once per change; what its parts say goes before the user's filter.
    let filter = EnvFilter::try_new(format!(
        "opentelemetry={sdk_level},opentelemetry_sdk={sdk_level},opentelemetry_otlp={sdk_level},{}",
        options.log_filter
    ))?;
    let says_what_was_refused =
        filter_fn(PartialSuccessLayer::is_interested).with_max_level_hint(LevelFilter::WARN);
    tracing_subscriber::registry()
        .with(spans)
        .with(refused.with_filter(says_what_was_refused))
        .with(records(options).and_then(bridge).with_filter(filter))
        .try_init()?;
    Ok(())
}

/// Spans have a filter of their own: a log filter must never break a trace.
fn makes_a_span(metadata: &Metadata<'_>) -> bool {
    metadata.is_span()
        && *metadata.level() <= Level::INFO
        && (metadata.target().starts_with("user_") || metadata.target().starts_with("telemetry"))
}

fn records<S>(options: &Options) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    let layer = fmt::layer()
        .with_writer(options.log_target)
        .with_ansi(options.log_target.is_terminal());
    match options.log_format {
        LogFormat::Json => layer.event_format(json::Json).boxed(),
        LogFormat::Pretty => layer.event_format(pretty::Pretty).boxed(),
    }
}
