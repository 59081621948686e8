//! What is said of the traces that arrive.

use trace_view::completeness::{missing_spans, traced_calls};
use trace_view::live::{Filter, Finished, LiveLimits, Totals};
use trace_view::spans;

use crate::args::Format;
use crate::commands::trace::show::object;
use crate::failure::Failure;
use crate::output::console::Console;
use crate::trace::picture::{self, Advice};

/// Draws the traces that a filter matches.
pub(super) struct Drawing {
    filter: Filter,
    advice: Advice,
    drawn: u64,
    has_noted: bool,
}

impl Drawing {
    /// None yet. Programs have to export to `endpoint`.
    pub(super) fn new(filter: Filter, endpoint: &str) -> Self {
        let exports = format!("OTEL_EXPORTER_OTLP_ENDPOINT={endpoint}");
        Self {
            filter,
            advice: Advice {
                unsent: format!("check whether the program has {exports}"),
                unserved: format!("check whether that service has {exports}"),
            },
            drawn: 0,
            has_noted: false,
        }
    }

    pub(super) fn draw(
        &mut self,
        finished: Vec<Finished>,
        console: &mut Console,
    ) -> Result<(), Failure> {
        let matching = |trace: &Finished| self.filter.matches(&trace.spans);
        let matching: Vec<Finished> = finished.into_iter().filter(matching).collect();
        for trace in matching {
            self.drawn += u64::from(trace.late == 0);
            self.draw_one(&trace, console)?;
        }
        Ok(())
    }

    fn draw_one(&self, trace: &Finished, console: &mut Console) -> Result<(), Failure> {
        let mut spans = spans(&trace.spans);
        if console.format() == Format::Json {
            spans.sort_by_key(|span| span.start);
            return spans.iter().try_for_each(|it| console.json(&object(it)));
        }
        console.picture("\n")?;
        if trace.late > 0 {
            let late = count(trace.late as u64, "more span");
            console.picture(&format!("{late} arrived:\n"))?;
        }
        let missing = missing_spans(&spans, &traced_calls(&spans));
        picture::show(&spans, &missing, &self.advice, console)
    }

    /// Says once that traces are dropped.
    pub(super) fn note_dropped(&mut self, totals: Totals, console: &mut Console) {
        if self.has_noted || totals.dropped_unfinished == 0 {
            return;
        }
        self.has_noted = true;
        let limits = LiveLimits::default();
        console.note(&format!(
            "more arrives than can be kept: the oldest traces are dropped beyond {} traces, {} spans or {} MiB",
            limits.traces,
            limits.spans,
            limits.bytes / 1024 / 1024
        ));
    }

    /// What arrived, in one line. At the end, `left` traces had no time to be drawn.
    pub(super) fn summary(&self, totals: Totals, left: usize) -> String {
        let mut line = format!(
            "received {} of {}; {} drawn",
            count(totals.spans, "span"),
            count(totals.traces, "trace"),
            self.drawn
        );
        if left > 0 {
            line.push_str(&format!("; {left} more had arrived"));
        }
        if totals.dropped_unfinished > 0 {
            let dropped = format!("; {} dropped before the end", totals.dropped_unfinished);
            line.push_str(&dropped);
        }
        if totals.refused > 0 {
            line.push_str(&format!("; {} refused", count(totals.refused, "span")));
        }
        line
    }
}

fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_what_was_dropped_and_refused_only_if_there_is_any() {
        let drawing = Drawing::new(Filter::default(), "http://localhost:4317");
        let totals = Totals {
            traces: 1,
            spans: 8,
            ..Totals::default()
        };
        let line = drawing.summary(totals, 0);
        assert_eq!(line, "received 8 spans of 1 trace; 0 drawn");
        let totals = Totals {
            dropped: 3,
            dropped_unfinished: 2,
            refused: 1,
            ..totals
        };
        let line = drawing.summary(totals, 4);
        let expected = "received 8 spans of 1 trace; 0 drawn; 4 more had arrived; 2 dropped before the end; 1 span refused";
        assert_eq!(line, expected);
    }
}
