//! Which formats are read and written.

use crate::environment::{Environment, list};

/// Carries a context over the wire, in the formats that `OTEL_PROPAGATORS` and
/// `KITEX_COMPAT` ask for. The layers of calls do it by themselves; this is for what
/// has other headers, such as a queue or another protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Propagator {
    /// W3C Trace Context.
    pub(crate) trace_context: bool,
    /// W3C Baggage.
    pub(crate) baggage: bool,
    /// B3 in its single header.
    pub(crate) b3: bool,
    /// Whether all of them are also written where Kitex and Volo look for them.
    pub(crate) kitex: bool,
}

impl Propagator {
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

    /// Whether the other side may be Kitex: `KITEX_COMPAT`.
    pub fn is_for_kitex(&self) -> bool {
        self.kitex
    }

    /// The formats that `environment` requires.
    pub(crate) fn of(environment: &Environment) -> Self {
        let kitex = cfg!(feature = "kitex") && environment.is_true("KITEX_COMPAT");
        let default = Self {
            kitex,
            ..Self::DEFAULT
        };
        let Some(names) = environment.word("OTEL_PROPAGATORS") else {
            return default;
        };
        let mut formats = Self {
            kitex,
            ..Self::NONE
        };
        let mut understood = false;
        for name in list(&names) {
            match name {
                "tracecontext" => formats.trace_context = true,
                "baggage" => formats.baggage = true,
                "b3" => formats.b3 = true,
                "none" => {}
                _ => continue,
            }
            understood = true;
        }
        if !understood {
            // A value that can't be understood is the default, and never no trace at all.
            return default;
        }
        formats
    }
}
