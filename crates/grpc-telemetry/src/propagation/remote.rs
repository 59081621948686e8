//! A caller's span, and what of it a span of ours can't hold, kept beside that in the context.

use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceId, TraceState};

use super::carrier::{Carrier, values};
use super::traceparent::{self, Traceparent};
use super::tracestate::List;

/// A caller's span as it was received.
#[derive(Debug)]
pub(super) struct Received {
    span: SpanContext,
    /// The list as it came, where the span holds only a part of it.
    tracestate: Option<String>,
}

impl Received {
    /// Reads W3C Trace Context. An invalid tracestate is none; it doesn't spoil the traceparent.
    pub(super) fn from_w3c(metadata: &HeaderMap, carrier: &Carrier) -> Option<Self> {
        let parent = traceparent::parse_only(values(metadata, &carrier.traceparent))?;
        let Some(list) = List::parse(values(metadata, &carrier.tracestate)) else {
            return Some(Self::new(parent, TraceState::NONE));
        };
        let (state, incomplete) = list.to_sdk();
        Some(Self {
            tracestate: incomplete.then(|| list.to_string()),
            ..Self::new(parent, state)
        })
    }

    /// A span that holds all of its tracestate.
    pub(super) fn new(parent: Traceparent, state: TraceState) -> Self {
        let Traceparent {
            trace_id,
            span_id,
            flags,
        } = parent;
        Self {
            span: SpanContext::new(trace_id, span_id, flags, true, state),
            tracestate: None,
        }
    }

    /// A context with this span as the parent to be.
    pub(super) fn into_context(self) -> Context {
        let remote = Remote {
            trace_id: self.span.trace_id(),
            random: traceparent::is_random(self.span.trace_flags()),
            tracestate: self.tracestate,
        };
        Context::new()
            .with_value(remote)
            .with_remote_span_context(self.span)
    }
}

/// What of a caller's trace is lost in our spans of it: the SDK drops the flags of a span that
/// isn't sampled, and some members of a tracestate.
#[derive(Debug)]
pub(super) struct Remote {
    trace_id: TraceId,
    /// Whether its id is random, as the caller says.
    pub(super) random: bool,
    /// The list as it came, where the SDK's own holds only a part of it.
    pub(super) tracestate: Option<String>,
}

impl Remote {
    /// What was received for this trace, if `context` comes from a caller that is part of it.
    pub(super) fn of(context: &Context, trace_id: TraceId) -> Option<&Self> {
        let remote: &Self = context.get()?;
        (remote.trace_id == trace_id).then_some(remote)
    }
}
