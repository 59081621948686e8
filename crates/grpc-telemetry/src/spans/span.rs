//! A span, from its start to its end.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{self, SpanContext, Status};

use super::recording::Recording;

/// A span. Clones are the same one; without any other end it ends with the last of them.
#[derive(Clone, Debug)]
pub(crate) struct Span(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    context: SpanContext,
    /// None if it is not recorded, or has ended.
    recording: Mutex<Option<Recording>>,
}

impl Span {
    pub(super) fn new(context: SpanContext, recording: Option<Recording>) -> Self {
        let recording = Mutex::new(recording);
        Self(Arc::new(Shared { context, recording }))
    }

    /// Ends it at `time`, unless it has ended; `describe` says what came of it.
    pub(crate) fn end_at(&self, time: SystemTime, describe: impl FnOnce(&mut Recording)) {
        let recording = self.0.recording().take();
        if let Some(mut recording) = recording {
            describe(&mut recording);
            recording.end(&self.0.context, time);
        }
    }

    /// Has `write` add to it, unless it isn't recorded or has ended.
    fn record(&self, write: impl FnOnce(&mut Recording)) {
        if let Some(recording) = &mut *self.0.recording() {
            write(recording);
        }
    }
}

impl Shared {
    fn recording(&self) -> MutexGuard<'_, Option<Recording>> {
        self.recording
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let recording = self.recording().take();
        if let Some(recording) = recording {
            recording.end(&self.context, SystemTime::now());
        }
    }
}

impl trace::Span for Span {
    fn add_event_with_timestamp<T>(&mut self, name: T, time: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        self.record(|it| it.event(&name.into(), time, &attributes));
    }

    fn span_context(&self) -> &SpanContext {
        &self.0.context
    }

    fn is_recording(&self) -> bool {
        self.0.recording().is_some()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.record(|it| it.attribute(&attribute));
    }

    fn set_status(&mut self, status: Status) {
        self.record(|it| it.set_status(status));
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.record(|it| it.set_name(name.into()));
    }

    fn add_link(&mut self, context: SpanContext, attributes: Vec<KeyValue>) {
        self.record(|it| it.link(&context, &attributes));
    }

    fn end_with_timestamp(&mut self, time: SystemTime) {
        self.end_at(time, |_| ());
    }
}
