//! How much is kept, and what was not.

/// How much is kept at most.
#[derive(Clone, Copy, Debug)]
pub struct LiveLimits {
    /// Maximum traces.
    pub traces: usize,
    /// Maximum spans of all traces.
    pub spans: usize,
    /// Maximum memory of all spans, in bytes, by an estimate that counts structures and texts.
    pub bytes: usize,
    /// Maximum spans of one trace; further ones are refused.
    pub spans_of_trace: usize,
}

impl Default for LiveLimits {
    /// 1,000 traces, 100,000 spans and 128 MiB; 20,000 spans of one trace.
    fn default() -> Self {
        Self {
            traces: 1_000,
            spans: 100_000,
            bytes: 128 * 1024 * 1024,
            spans_of_trace: 20_000,
        }
    }
}

/// What has arrived since the start.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    /// Traces that began to arrive.
    pub traces: u64,
    /// Spans that were taken.
    pub spans: u64,
    /// Traces that were dropped for newer ones.
    pub dropped: u64,
    /// Those of them that had spans which [`Live::finished`](super::Live::finished) had not returned.
    pub dropped_unfinished: u64,
    /// Spans that were refused: without valid ids, or of a trace that is too large.
    pub refused: u64,
}
