//! A format whose lines are bounded by [`Repeats`](super::repeats::Repeats).

use std::fmt;
use std::sync::Arc;

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::line_queue::LineQueue;

/// Writes what `format` does, and nothing where a place in the code has written too much.
pub(super) struct Bounded<F> {
    pub(super) format: F,
    /// Who counts; none where every line is written.
    pub(super) lines: Option<Arc<LineQueue>>,
}

impl<S, N, F> FormatEvent<S, N> for Bounded<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        match &self.lines {
            Some(lines) if !lines.admit(event.metadata()) => Ok(()),
            _ => self.format.format_event(context, writer, event),
        }
    }
}
