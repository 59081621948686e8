//! A bound on the spans that one call makes: a stream may run as long as it likes.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use opentelemetry::Context;

/// Spans of stores that one call may have. What it does beyond is counted, not drawn.
const MAX_STORE_SPANS: u64 = 128;

/// The spans that a call has asked for, in the context of the call.
#[derive(Debug, Default)]
pub(crate) struct SpanBudget(AtomicU64);

impl SpanBudget {
    /// Whether the current call may make one more span. Outside of a call it may.
    pub(crate) fn allows() -> bool {
        Context::map_current(|context| match context.get::<Self>() {
            Some(budget) => budget.0.fetch_add(1, Relaxed) < MAX_STORE_SPANS,
            None => true,
        })
    }

    /// How many spans were not made for the call of `context`.
    pub(super) fn omitted(context: &Context) -> u64 {
        let asked = context.get::<Self>().map_or(0, |it| it.0.load(Relaxed));
        asked.saturating_sub(MAX_STORE_SPANS)
    }
}
