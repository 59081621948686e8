//! A record of the calls that were made: what the waterfall has to wait for.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use http::Extensions;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use trace_view::completeness::TracedCall;

/// The calls made so far. Clones share one record.
#[derive(Clone, Debug, Default)]
pub struct CallLog(Arc<Mutex<Vec<TracedCall>>>);

impl CallLog {
    /// Adds a call.
    pub fn add(&self, span: &SpanContext, answered: bool) {
        self.lock().push(TracedCall {
            trace_id: span.trace_id(),
            span_id: span.span_id(),
            sampled: span.is_sampled(),
            answered,
            started_in: None,
        });
    }

    /// Takes the calls so far.
    pub fn take(&self) -> Vec<TracedCall> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<TracedCall>> {
        // A list of calls is valid at any point, so a panic elsewhere spoils nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Travels in the extensions of a request and learns which span the call has:
/// only the layer that makes the span knows it.
#[derive(Clone, Debug, Default)]
pub struct CallId(Arc<OnceLock<SpanContext>>);

impl CallId {
    /// The call's CLIENT span, once the call has been sent and if it is traced.
    pub fn span(&self) -> Option<&SpanContext> {
        self.0.get().filter(|span| span.is_valid())
    }
}

/// Called for each attempt of a call: remembers the span of the call.
pub fn trace(extensions: &Extensions) {
    if let Some(call_id) = extensions.get::<CallId>() {
        call_id
            .0
            .get_or_init(|| Context::current().span().span_context().clone());
    }
}
