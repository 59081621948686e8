//! What all tracers of a process share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{RandomIdGenerator, ShouldSample};

use super::ended::{EndedSpan, Processor};
use super::recording::RecordingLimits;
use super::tracer::Tracer;

/// Makes tracers, and hands on the spans of all of them as they end. Clones share everything.
#[derive(Clone, Debug)]
pub(crate) struct SpanProvider(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// It decides by parent, trace and name alone.
    sampler: Box<dyn ShouldSample>,
    limits: RecordingLimits,
    processors: Vec<Box<dyn Processor>>,
    is_stopped: AtomicBool,
}

impl SpanProvider {
    /// A provider of tracers that record what `sampler` chooses.
    pub(crate) fn new(
        sampler: Box<dyn ShouldSample>,
        limits: RecordingLimits,
        processors: Vec<Box<dyn Processor>>,
    ) -> Self {
        Self(Arc::new(Shared {
            sampler,
            limits,
            processors,
            is_stopped: AtomicBool::new(false),
        }))
    }

    pub(super) fn sampler(&self) -> &dyn ShouldSample {
        &*self.0.sampler
    }

    pub(super) fn ids(&self) -> RandomIdGenerator {
        RandomIdGenerator::default()
    }

    pub(super) fn limits(&self) -> &RecordingLimits {
        &self.0.limits
    }

    /// Whether spans are neither made nor exported any more.
    pub(super) fn is_stopped(&self) -> bool {
        self.0.is_stopped.load(Relaxed)
    }

    /// Hands on a span that has ended.
    pub(super) fn take(&self, span: EndedSpan) {
        let Some((last, others)) = self.0.processors.split_last() else {
            return;
        };
        if self.is_stopped() {
            return;
        }
        for other in others {
            other.take(span.clone());
        }
        last.take(span);
    }

    /// Exports what has ended so far, within `limit` for each processor.
    ///
    /// # Errors
    /// When that takes longer.
    pub(crate) fn flush(&self, limit: Duration) -> OTelSdkResult {
        let processors = self.0.processors.iter();
        let results: Vec<_> = processors.map(|it| it.flush(limit)).collect();
        results.into_iter().collect()
    }

    /// The same, and makes no more spans.
    ///
    /// # Errors
    /// As [`SpanProvider::flush`].
    pub(crate) fn stop(&self, limit: Duration) -> OTelSdkResult {
        self.0.is_stopped.store(true, Relaxed);
        let processors = self.0.processors.iter();
        let results: Vec<_> = processors.map(|it| it.stop(limit)).collect();
        results.into_iter().collect()
    }
}

impl TracerProvider for SpanProvider {
    type Tracer = Tracer;

    fn tracer_with_scope(&self, scope: InstrumentationScope) -> Tracer {
        Tracer::new(self.clone(), &scope)
    }
}
