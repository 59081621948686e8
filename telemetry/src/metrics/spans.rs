//! The account of spans as metrics.

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use crate::export::SpanAccount;
use crate::names;

/// Shows what became of the spans on `account`.
pub(super) fn observe(meter: &Meter, account: &Arc<SpanAccount>) {
    let of = Arc::clone(account);
    meter
        .u64_observable_counter(names::SPANS_EXPORTED)
        .with_unit("{span}")
        .with_description(
            "Spans whose export was tried; with error.type those that did not arrive.",
        )
        .with_callback(move |observer| {
            let counts = of.counts();
            observer.observe(counts.exported, &[]);
            observer.observe(counts.export_failed, &error("export_failed"));
            observer.observe(counts.rejected, &error("rejected"));
        })
        .build();
    let of = Arc::clone(account);
    meter
        .u64_observable_counter(names::SPANS_PROCESSED)
        .with_unit("{span}")
        .with_description("Recorded spans that ended and wait no more; with error.type those that never left the process.")
        .with_callback(move |observer| {
            let counts = of.counts();
            let sent = counts.exported + counts.export_failed + counts.rejected;
            observer.observe(sent, &[]);
            observer.observe(counts.queue_full, &error("queue_full"));
            observer.observe(counts.buffer_full, &error("buffer_full"));
            observer.observe(counts.not_kept, &error("not_kept"));
        })
        .build();
    let of = Arc::clone(account);
    meter
        .u64_observable_counter(names::SPANS_ENDED)
        .with_unit("{span}")
        .with_description("Recorded spans that ended.")
        .with_callback(move |observer| observer.observe(of.counts().ended, &[]))
        .build();
    let of = Arc::clone(account);
    meter
        .u64_observable_gauge(names::SPAN_QUEUE_SIZE)
        .with_unit("{span}")
        .with_description("Spans that wait.")
        .with_callback(move |observer| observer.observe(of.counts().pending(), &[]))
        .build();
}

fn error(reason: &'static str) -> [KeyValue; 1] {
    [KeyValue::new(names::ERROR_TYPE, reason)]
}
