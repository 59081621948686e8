//! The accounts of spans, log records, data points and log lines as metrics.

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter};

use crate::export::{Account, Counts};
use crate::logs::LineQueue;
use crate::names;

/// Shows what became of the spans on `account`.
pub(super) fn observe_spans(meter: &Meter, account: &Arc<Account>) {
    let spans = Observed {
        meter,
        account,
        unit: "{span}",
    };
    spans.counter(
        names::SPANS_ENDED,
        "Recorded spans that ended.",
        |observer, counts| observer.observe(counts.begun, &[]),
    );
    spans.counter(
        names::SPANS_PROCESSED,
        "Spans processed; error.type marks those that were not exported.",
        |observer, counts| {
            observe_processed(observer, counts);
            observer.observe(counts.buffer_full, &error("buffer_full"));
            observer.observe(counts.not_kept, &error("not_kept"));
        },
    );
    spans.counter(
        names::SPANS_EXPORTED,
        "Spans exported; error.type marks failures.",
        observe_exported,
    );
    spans.waiting(names::SPAN_QUEUE_SIZE, "Spans in the export queue.");
}

/// Shows what became of the log records on `account`. The SDK counts those that were made.
pub(super) fn observe_logs(meter: &Meter, account: &Arc<Account>) {
    let logs = Observed {
        meter,
        account,
        unit: "{log_record}",
    };
    logs.counter(
        names::LOGS_PROCESSED,
        "Log records processed; error.type marks those that were not exported by OTLP.",
        observe_processed,
    );
    logs.counter(
        names::LOGS_EXPORTED,
        "Log records exported; error.type marks failures.",
        observe_exported,
    );
    logs.waiting(names::LOG_QUEUE_SIZE, "Log records in the export queue.");
}

/// Shows what became of the data points on `account`.
pub(super) fn observe_points(meter: &Meter, account: &Arc<Account>) {
    let points = Observed {
        meter,
        account,
        unit: "{data_point}",
    };
    points.counter(
        names::POINTS_EXPORTED,
        "Metric data points exported; error.type marks failures.",
        observe_exported,
    );
}

/// Shows how many lines of the log of `program` were dropped.
pub(super) fn observe_lines(meter: &Meter, program: &str, lines: &Arc<LineQueue>) {
    let lines = Arc::clone(lines);
    let program = program.replace('-', "_");
    meter
        .u64_observable_counter(format!("{program}.{}", names::LOG_LINES_DROPPED))
        .with_unit("{line}")
        .with_description("Log lines dropped because the reader was too slow.")
        .with_callback(move |observer| observer.observe(lines.dropped(), &[]))
        .build();
}

/// An account, and what it counts.
struct Observed<'a> {
    meter: &'a Meter,
    account: &'a Arc<Account>,
    unit: &'static str,
}

impl Observed<'_> {
    fn counter(
        &self,
        name: &'static str,
        meaning: &'static str,
        observe: fn(&dyn AsyncInstrument<u64>, &Counts),
    ) {
        let account = Arc::clone(self.account);
        self.meter
            .u64_observable_counter(name)
            .with_unit(self.unit)
            .with_description(meaning)
            .with_callback(move |observer| observe(observer, &account.counts()))
            .build();
    }

    /// Those that wait.
    fn waiting(&self, name: &'static str, meaning: &'static str) {
        let account = Arc::clone(self.account);
        let pending = move || i64::try_from(account.counts().pending()).unwrap_or(i64::MAX);
        self.meter
            .i64_observable_up_down_counter(name)
            .with_unit(self.unit)
            .with_description(meaning)
            .with_callback(move |observer| observer.observe(pending(), &[]))
            .build();
    }
}

fn observe_processed(observer: &dyn AsyncInstrument<u64>, counts: &Counts) {
    let sent = counts.exported + counts.export_failed + counts.rejected;
    observer.observe(sent, &[]);
    observer.observe(counts.queue_full, &error("queue_full"));
}

fn observe_exported(observer: &dyn AsyncInstrument<u64>, counts: &Counts) {
    observer.observe(counts.exported, &[]);
    observer.observe(counts.export_failed, &error("export_failed"));
    observer.observe(counts.rejected, &error("rejected"));
}

fn error(reason: &'static str) -> [KeyValue; 1] {
    [KeyValue::new(names::ERROR_TYPE, reason)]
}
