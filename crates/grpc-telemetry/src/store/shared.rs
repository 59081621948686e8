//! The span of a call whose statement was sent together with those of others.

use opentelemetry::trace::{Link, Span, SpanContext, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};

use super::{Operation, Store, TRACER, attributes};
use crate::names;
use crate::rpc::budget::SpanBudget;
use crate::start_time::StartTime;

/// A call that may share its statement with others.
#[derive(Clone, Debug)]
pub struct SharingCall {
    /// The call's context; empty for one that is not recorded.
    context: Context,
    since: StartTime,
}

impl SharingCall {
    /// The call that this code runs in, waiting from now on.
    pub fn current() -> Self {
        let context = Context::current();
        let recording = context.span().is_recording();
        Self {
            context: if recording { context } else { Context::new() },
            since: StartTime::now(),
        }
    }

    /// Whether the call is recorded.
    pub fn is_recording(&self) -> bool {
        self.context.span().is_recording()
    }

    /// The call's context, to send the statement in.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Makes the span of `operation` on `store`, from when the call began to
    /// wait until now. The statement itself has its span in another call, which
    /// `sender` links to.
    pub fn record(&self, store: &Store, operation: Operation, sender: &Self, failed: bool) {
        if !self.is_recording() || !SpanBudget::allows() {
            return;
        }
        let mut builder = TRACER
            .span_builder(operation.summary)
            .with_kind(SpanKind::Client)
            .with_start_time(self.since.time())
            .with_attributes(attributes(store, operation));
        let sender: SpanContext = sender.context.span().span_context().clone();
        if sender.is_valid() {
            builder = builder.with_links(vec![Link::with_context(sender)]);
        }
        let mut span = builder.start_with_context(&*TRACER, &self.context);
        if failed {
            span.set_attribute(KeyValue::new(names::ERROR_TYPE, "shared_statement"));
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(self.since.end());
    }
}
