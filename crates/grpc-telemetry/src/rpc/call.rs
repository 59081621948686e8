//! The span of one call, from its start to its one end.

use std::sync::Arc;

use grpc_common::code_of_http;
use http::{HeaderMap, StatusCode};
use opentelemetry::trace::{Span, SpanKind, Status as SpanStatus, TraceContextExt, Tracer};
use opentelemetry::{Context, InstrumentationScope, KeyValue, global};
use tonic::Code;

use super::attempts::Attempts;
use super::budget::SpanBudget;
use super::call_state::{CallState, Details, Record, Traffic};
use super::code::{Side, code_of, is_error};
use super::meter::{Direction, Meter};
use super::methods::Method;
use super::settings::Settings;
use super::{timeout, undescribed};
use crate::names;
use crate::start_time::StartTime;

/// Makes the spans of calls on one side.
#[derive(Debug)]
pub(super) struct Calls {
    tracer: global::BoxedTracer,
    side: Side,
    settings: Settings,
}

impl Calls {
    pub(super) fn new(side: Side, settings: Settings) -> Self {
        let scope = InstrumentationScope::builder(names::RPC_SCOPE)
            .with_version(env!("CARGO_PKG_VERSION"))
            .with_schema_url(names::SCHEMA_URL);
        Self {
            tracer: global::tracer_with_scope(scope.build()),
            side,
            settings,
        }
    }

    pub(super) fn start(
        &self,
        parent: &Context,
        method: Arc<Method>,
        details: Details,
        attributes: impl FnOnce() -> Vec<KeyValue>,
    ) -> Call {
        let started = StartTime::now();
        method.metrics.start(started.instant());
        let (context, record) = match method.is_traced() {
            true => self.trace(parent, &method, started, attributes),
            // What is inside belongs to whatever the caller is part of.
            false => (parent.clone(), None),
        };
        let state = CallState {
            context,
            side: self.side,
            method,
            started,
            traffic: Traffic::default(),
            record,
            details,
        };
        Call {
            state: Arc::new(state),
            attempts: None,
            ended: false,
        }
    }

    /// Starts the span; returns the context with it, and what it says at its end if it is recorded.
    fn trace(
        &self,
        parent: &Context,
        method: &Method,
        started: StartTime,
        attributes: impl FnOnce() -> Vec<KeyValue>,
    ) -> (Context, Option<Record>) {
        let kind = match self.side {
            Side::Client => SpanKind::Client,
            Side::Server => SpanKind::Server,
        };
        let mut builder = self
            .tracer
            .span_builder(method.span_name())
            .with_kind(kind)
            .with_start_time(started.time());
        // Most spans are not recorded, and none of the samplers requests attributes. Those of a span
        // that will be take less time when it is made with them.
        let expected = method.was_recorded();
        let mut attributes = Some(attributes);
        if expected && let Some(attributes) = attributes.take() {
            builder = builder.with_attributes(self.described(attributes()));
        }
        let span = builder.start_with_context(&self.tracer, parent);
        method.set_recorded(expected, span.is_recording());
        if !span.is_recording() {
            // All there is to such a span; nothing without a tracer.
            let span = span.span_context();
            return match span.is_valid() {
                true => (parent.with_remote_span_context(span.clone()), None),
                false => (parent.clone(), None),
            };
        }
        let context = parent.with_span(span);
        if let Some(attributes) = attributes {
            context.span().set_attributes(self.described(attributes()));
        }
        let record = Record {
            message_events: self.settings.message_events,
            old_names: self.settings.old_names,
        };
        (context.with_value(SpanBudget::default()), Some(record))
    }
}

impl Calls {
    /// `attributes`, under the names of before too, if those are asked for.
    fn described(&self, mut attributes: Vec<KeyValue>) -> Vec<KeyValue> {
        if self.settings.old_names {
            attributes.extend(names::old::of_span(&attributes));
        }
        attributes
    }
}

/// An open span of a call. Dropped without [`Call::end`], it ends as CANCELLED, which
/// is what an abandoned call is, or at its deadline as DEADLINE_EXCEEDED.
#[derive(Debug)]
pub(super) struct Call {
    state: Arc<CallState>,
    /// Of a client that counts them.
    attempts: Option<Attempts>,
    ended: bool,
}

impl Call {
    /// The context to run the call in.
    pub(super) fn context(&self) -> &Context {
        &self.state.context
    }

    /// For the service that makes the attempts of the call.
    pub(super) fn attempts(&mut self) -> Attempts {
        let attempts = Attempts::new(Arc::clone(&self.state.method));
        self.attempts.insert(attempts).clone()
    }

    /// A meter for the body of the request.
    pub(super) fn request_meter(&self) -> Meter {
        Meter::new(Arc::clone(&self.state), Direction::Request)
    }

    /// A meter for the body of the response.
    pub(super) fn response_meter(&self) -> Meter {
        Meter::new(Arc::clone(&self.state), Direction::Response)
    }

    /// Ends the span if these trailers carry a status.
    pub(super) fn end_by(&mut self, trailers: &HeaderMap) {
        if let Some(code) = code_of(trailers) {
            self.end(code);
        }
    }

    /// Ends the span if the head of the response is all there is of it.
    pub(super) fn end_by_head(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.end_by(headers);
        if let Some(code) = code_of_http(status) {
            self.end(code);
        }
    }

    /// Ends the span. Only the first end counts.
    pub(super) fn end(&mut self, code: Code) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let state = &*self.state;
        let took = state.started.elapsed();
        let code = match (code, state.details.timeout) {
            // The caller noticed the deadline first, and gave the call up.
            (Code::Cancelled, Some(timeout)) if timeout::has_passed(timeout, took) => {
                Code::DeadlineExceeded
            }
            _ => code,
        };
        if let Some(attempts) = &self.attempts {
            attempts.end(code);
        }
        let ended = state.started.after(took);
        let span = state.context.span();
        // Without a record the span of the context may be another's, which continues.
        if let Some(record) = state.record {
            span.set_attributes(state.result(record, code));
            if is_error(code, state.side) {
                // No description: the code says it, and a message may hold personal data.
                span.set_status(SpanStatus::error(""));
            }
            span.end_with_timestamp(ended);
        }
        let (metrics, span) = (&state.method.metrics, span.span_context());
        metrics.end(code, took, ended, state.directions(), span);
        if let Some(service) = &state.details.undescribed {
            undescribed::warn(service, code);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end(Code::Cancelled);
    }
}
