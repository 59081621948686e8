//! The environment's settings for spans and metrics of calls.

use crate::environment::{Environment, Signal};
use crate::propagation::Propagator;

/// Read once, when telemetry starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// `TRACE_MESSAGE_EVENTS`: an event for each message.
    pub(crate) message_events: bool,
    /// `OTEL_SEMCONV_STABILITY_OPT_IN=rpc/dup`: the names of before as well.
    pub(crate) old_names: bool,
    /// `TRACE_HEALTH`: spans of health checks and of reflection too.
    pub(crate) trace_health: bool,
    /// Whether sampled spans are exported, so that metrics may point to their traces.
    #[cfg_attr(
        not(feature = "metrics"),
        expect(dead_code, reason = "what replaces metrics has no exemplars")
    )]
    pub(crate) exports_spans: bool,
    /// How contexts are read and written.
    pub(crate) propagator: Propagator,
}

impl Settings {
    pub(crate) fn of(environment: &Environment) -> Self {
        let exporters = environment.exporters(Signal::Traces);
        Self {
            exports_spans: exporters.otlp || exporters.console,
            message_events: environment.is_true("TRACE_MESSAGE_EVENTS"),
            old_names: environment.has_old_rpc_names(),
            trace_health: environment.is_true("TRACE_HEALTH"),
            propagator: Propagator::of(environment),
        }
    }
}
