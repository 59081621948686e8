//! `OTEL_PROPAGATORS` and `KITEX_COMPAT`: what is read and written.

use super::Environment;
use super::value::list;
use crate::propagation::Formats;

impl Environment {
    /// The formats of the trace context on the wire.
    pub(crate) fn formats(&self) -> Formats {
        let kitex = self.is_true("KITEX_COMPAT");
        let Some(names) = self.get("OTEL_PROPAGATORS") else {
            return Formats {
                kitex,
                ..Formats::DEFAULT
            };
        };
        let mut formats = Formats {
            kitex,
            ..Formats::NONE
        };
        for name in list(names) {
            match name {
                "tracecontext" => formats.trace_context = true,
                "baggage" => formats.baggage = true,
                "b3" => formats.b3 = true,
                _ => {}
            }
        }
        formats
    }
}
