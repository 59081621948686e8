//! Which formats are read and written.

/// What `OTEL_PROPAGATORS` and `KITEX_COMPAT` ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Formats {
    /// W3C Trace Context.
    pub(crate) trace_context: bool,
    /// W3C Baggage.
    pub(crate) baggage: bool,
    /// B3 in its single header.
    pub(crate) b3: bool,
    /// Whether all of them are also written where Kitex and Volo look for them.
    pub(crate) kitex: bool,
}

impl Formats {
    /// The default of the specification.
    pub(crate) const DEFAULT: Self = Self {
        trace_context: true,
        baggage: true,
        b3: false,
        kitex: false,
    };

    /// No format at all.
    pub(crate) const NONE: Self = Self {
        trace_context: false,
        baggage: false,
        b3: false,
        kitex: false,
    };
}
