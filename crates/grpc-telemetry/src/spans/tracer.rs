//! Starts spans.

use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{self, SpanBuilder, SpanContext, SpanKind, TraceContextExt, TraceFlags};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::trace::{IdGenerator, SamplingDecision};

use super::provider::SpanProvider;
use super::recording::{Recording, Start};
use super::span::Span;
use crate::export::EncodedScope;

/// Makes the spans of one instrumentation scope. Clones share everything.
#[derive(Clone, Debug)]
pub(crate) struct Tracer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    provider: SpanProvider,
    scope: EncodedScope,
}

/// A span that has begun.
pub(crate) enum Begun {
    Recorded(Span),
    /// All there is to it. It is invalid where no span can be: within the export of spans, or
    /// after its end.
    NotRecorded(SpanContext),
}

/// What a sampler says of a span that is to start.
struct Decision {
    context: SpanContext,
    is_recorded: bool,
}

impl Tracer {
    pub(super) fn new(provider: SpanProvider, scope: &InstrumentationScope) -> Self {
        let scope = EncodedScope::new(scope);
        Self(Arc::new(Shared { provider, scope }))
    }

    /// What its spans are part of.
    pub(super) fn provider(&self) -> &SpanProvider {
        &self.0.provider
    }

    /// What says of its spans where they come from.
    pub(crate) fn scope(&self) -> &EncodedScope {
        &self.0.scope
    }

    /// Whether spans of both have the same scope.
    pub(crate) fn has_scope_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.scope == other.0.scope
    }

    fn decide(&self, parent: &Context, name: &str, kind: &SpanKind) -> Option<Decision> {
        let provider = self.provider();
        if parent.is_telemetry_suppressed() || provider.is_stopped() {
            return None;
        }
        let ids = provider.ids();
        let span = parent.span();
        let above = span.span_context();
        let (trace_id, flags) = match above.is_valid() {
            true => (above.trace_id(), above.trace_flags()),
            false => (ids.new_trace_id(), TraceFlags::default()),
        };
        let sampler = provider.sampler();
        let sampled = sampler.should_sample(Some(parent), trace_id, name, kind, &[], &[]);
        let (flags, is_recorded) = match sampled.decision {
            SamplingDecision::RecordAndSample => (flags.with_sampled(true), true),
            SamplingDecision::RecordOnly => (flags.with_sampled(false), true),
            SamplingDecision::Drop => (TraceFlags::default(), false),
        };
        let state = sampled.trace_state;
        let context = SpanContext::new(trace_id, ids.new_span_id(), flags, false, state);
        Some(Decision {
            context,
            is_recorded,
        })
    }

    /// Starts a span below that of `parent`. If it is recorded, `describe` says what it is.
    pub(crate) fn begin(
        &self,
        parent: &Context,
        start: Start,
        describe: impl FnOnce(&mut Recording),
    ) -> Begun {
        let Some(decision) = self.decide(parent, &start.name, &start.kind) else {
            return Begun::NotRecorded(SpanContext::NONE);
        };
        let context = decision.context;
        if !decision.is_recorded {
            return Begun::NotRecorded(context);
        }
        let above = parent.span();
        let above = above.span_context();
        let mut recording = Recording::start(self.clone(), &context, above, start);
        describe(&mut recording);
        Begun::Recorded(Span::new(context, Some(recording)))
    }
}

impl trace::Tracer for Tracer {
    type Span = Span;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> Span {
        let start = Start {
            name: builder.name,
            kind: builder.span_kind.unwrap_or(SpanKind::Internal),
            time: builder.start_time.unwrap_or_else(SystemTime::now),
        };
        let begun = self.begin(parent, start, |recording| {
            for attribute in builder.attributes.iter().flatten() {
                recording.attribute(attribute);
            }
            for event in builder.events.iter().flatten() {
                recording.event(&event.name, event.timestamp, &event.attributes);
            }
            for link in builder.links.iter().flatten() {
                recording.link(&link.span_context, &link.attributes);
            }
        });
        match begun {
            Begun::Recorded(span) => span,
            Begun::NotRecorded(context) => Span::new(context, None),
        }
    }
}
