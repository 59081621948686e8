//! The accounts of spans and log records as metrics.

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter};

use crate::export::{Account, Counts};
use crate::names;

/// Shows what became of the spans on `account`.
pub(super) fn observe_spans(meter: &Meter, account: &Arc<Account>) {
    let of = Arc::clone(account);
    meter
        .u64_observable_counter(names::SPANS_ENDED)
        .with_unit("{span}")
        .with_description("Recorded spans that ended.")
        .with_callback(move |observer| observer.observe(of.counts().begun, &[]))
        .build();
    let of = Arc::clone(account);
    meter
        .u64_observable_counter(names::SPANS_PROCESSED)
        .with_unit("{span}")
        .with_description("Recorded spans that ended and wait no more; with error.type those that never left the process.")
        .with_callback(move |observer| {
            let counts = of.counts();
            observe_processed(observer, &counts);
            observer.observe(counts.buffer_full, &error("buffer_full"));
            observer.observe(counts.not_kept, &error("not_kept"));
        })
        .build();
    let of = Arc::clone(account);
    meter
        .u64_observable_counter(names::SPANS_EXPORTED)
        .with_unit("{span}")
        .with_description(
            "Spans whose export was tried; with error.type those that did not arrive.",
        )
        .with_callback(move |observer| observe_exported(observer, &of.counts()))
        .build();
    let of = Arc::clone(account);
    meter
        .u64_observable_gauge(names::SPAN_QUEUE_SIZE)
        .with_unit("{span}")
        .with_description("Spans that wait.")
        .with_callback(move |observer| observer.observe(of.counts().pending(), &[]))
        .build();
}

/// Shows what became of the log records on `account`. The SDK counts those that were made.
pub(super) fn observe_logs(meter: &Meter, account: &Arc<Account>) {
    let of = Arc::clone(account);
    meter
        .u64_observable_counter(names::LOGS_PROCESSED)
        .with_unit("{log_record}")
        .with_description("Log records that wait no more; with error.type those that never left the process by OTLP.")
        .with_callback(move |observer| observe_processed(observer, &of.counts()))
        .build();
    let of = Arc::clone(account);
    meter
        .u64_observable_counter(names::LOGS_EXPORTED)
        .with_unit("{log_record}")
        .with_description(
            "Log records whose export was tried; with error.type those that did not arrive.",
        )
        .with_callback(move |observer| observe_exported(observer, &of.counts()))
        .build();
    let of = Arc::clone(account);
    meter
        .u64_observable_gauge(names::LOG_QUEUE_SIZE)
        .with_unit("{log_record}")
        .with_description("Log records that wait.")
        .with_callback(move |observer| observer.observe(of.counts().pending(), &[]))
        .build();
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
