//! The span of a statement or command while it runs.

use opentelemetry::trace::{SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};

use super::{Failure, Operation, Store, TRACER, attributes};
use crate::names;
use crate::start_time::StartTime;

/// A span that ends with the outcome of its operation. If it is dropped without one, because the
/// caller no longer waits for the result, it ends as cancelled.
pub(super) struct OpenSpan {
    context: Context,
    began: StartTime,
    ended: bool,
}

impl OpenSpan {
    pub(super) fn start(store: &Store, operation: Operation) -> Self {
        let began = StartTime::now();
        let span = TRACER
            .span_builder(operation.summary)
            .with_kind(SpanKind::Client)
            .with_start_time(began.time())
            .with_attributes(attributes(store, operation))
            .start(&*TRACER);
        Self {
            context: Context::current_with_span(span),
            began,
            ended: false,
        }
    }

    /// The context to run the operation in.
    pub(super) fn context(&self) -> Context {
        self.context.clone()
    }

    /// The operation is over, with this `failure` or none.
    pub(super) fn end(mut self, failure: Option<Failure>) {
        self.close(failure);
    }

    fn close(&mut self, failure: Option<Failure>) {
        self.ended = true;
        let span = self.context.span();
        if let Some(failure) = failure {
            span.set_attribute(KeyValue::new(names::ERROR_TYPE, failure.error_type));
            if let Some(code) = failure.status_code {
                span.set_attribute(KeyValue::new(names::DB_RESPONSE_STATUS_CODE, code));
            }
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(self.began.end());
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        if !self.ended {
            self.close(Some(Failure::cancelled()));
        }
    }
}
