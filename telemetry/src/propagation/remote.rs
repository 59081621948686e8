//! What of a caller's trace a span can't hold, kept beside it in the context.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceId};
use tonic::metadata::MetadataMap;

use super::carrier::{Carrier, values};
use super::traceparent::{self, Traceparent};
use super::tracestate;

/// A caller's span as it was received.
#[derive(Debug)]
pub(super) struct Remote {
    span: SpanContext,
    /// The list as it came, where the span holds only a part of it.
    tracestate: Option<String>,
}

impl Remote {
    /// Reads W3C Trace Context. An invalid tracestate is none; it doesn't spoil the traceparent.
    pub(super) fn from_w3c(metadata: &MetadataMap, carrier: &Carrier) -> Option<Self> {
        let parent = traceparent::parse_only(values(metadata, carrier.traceparent))?;
        let list = tracestate::List::parse(values(metadata, carrier.tracestate));
        let Some(list) = list.filter(|list| !list.members().is_empty()) else {
            return Some(Self::new(parent));
        };
        let (state, incomplete) = list.to_sdk();
        Some(Self {
            span: SpanContext::new(parent.trace_id, parent.span_id, parent.flags, true, state),
            tracestate: incomplete.then(|| list.to_string()),
        })
    }

    /// A span without a tracestate.
    pub(super) fn new(parent: Traceparent) -> Self {
        let Traceparent {
            trace_id,
            span_id,
            flags,
        } = parent;
        Self {
            span: SpanContext::new(trace_id, span_id, flags, true, Default::default()),
            tracestate: None,
        }
    }

    /// A context with this span as the parent to be.
    pub(super) fn into_context(self) -> Context {
        let span = self.span.clone();
        Context::new()
            .with_value(self)
            .with_remote_span_context(span)
    }

    /// What was received for this trace, if `context` comes from a caller that is part of it.
    pub(super) fn of(context: &Context, trace_id: TraceId) -> Option<&Self> {
        let remote: &Self = context.get()?;
        (remote.span.trace_id() == trace_id).then_some(remote)
    }

    pub(super) fn is_random(&self) -> bool {
        traceparent::is_random(self.span.trace_flags())
    }

    pub(super) fn tracestate(&self) -> Option<&str> {
        self.tracestate.as_deref()
    }
}
