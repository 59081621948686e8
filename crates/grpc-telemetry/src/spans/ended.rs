//! Spans that have ended.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::error::OTelSdkResult;

use crate::export::EncodedSpan;

/// A span that has ended, with what tail sampling decides by.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(feature = "tail-sampling"),
    expect(dead_code, reason = "without tail sampling all spans are exported")
)]
pub(crate) struct EndedSpan {
    pub(crate) encoded: EncodedSpan,
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    /// Invalid for the first span of a trace.
    pub(crate) parent_id: SpanId,
    /// Whether it is the first span of its trace in this process.
    pub(crate) is_local_root: bool,
    pub(crate) is_sampled: bool,
    /// Whether it is that of a call, which has a status.
    pub(crate) is_call: bool,
    pub(crate) has_failed: bool,
    pub(crate) started: SystemTime,
    pub(crate) ended: SystemTime,
}

/// What takes spans as they end.
pub(crate) trait Processor: Debug + Send + Sync {
    /// Takes `span`, without waiting for anything.
    fn take(&self, span: EndedSpan);

    /// Exports what it has, within `limit`.
    ///
    /// # Errors
    /// When that takes longer.
    fn flush(&self, limit: Duration) -> OTelSdkResult;

    /// The same, once nothing comes any more.
    ///
    /// # Errors
    /// As [`Processor::flush`].
    fn stop(&self, limit: Duration) -> OTelSdkResult;
}
