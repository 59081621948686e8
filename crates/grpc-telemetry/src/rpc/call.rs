//! The span of one call, from its start to its one end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use grpc_common::code_of_http;
use http::{HeaderMap, StatusCode};
use opentelemetry::trace::{
    Span, SpanKind, SpanRef, Status as SpanStatus, TraceContextExt, Tracer,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue, global};
use tonic::Code;

use super::attempts::Attempts;
use super::budget::SpanBudget;
use super::code::{Side, code_name, code_of, is_error};
use super::meter::{Counts, Direction, Events, Meter, Traffic};
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
        attributes: impl FnOnce() -> Vec<KeyValue>,
    ) -> Call {
        let started = StartTime::now();
        method.metrics.start(started.instant());
        let (context, record) = match method.is_traced() {
            true => self.trace(parent, &method, started, attributes),
            // What is inside belongs to whatever the caller is part of.
            false => (parent.clone(), None),
        };
        Call {
            context,
            side: self.side,
            method,
            started,
            traffic: Arc::default(),
            record,
            undescribed: None,
            timeout: None,
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
        let span = self
            .tracer
            .span_builder(method.span_name())
            .with_kind(kind)
            .with_start_time(started.time())
            .start_with_context(&self.tracer, parent);
        // Most spans are not recorded, and none of the samplers requests attributes.
        if !span.is_recording() {
            // All there is to such a span.
            let span = span.span_context().clone();
            return (parent.with_remote_span_context(span), None);
        }
        let context = parent.with_span(span);
        self.describe(&context.span(), attributes());
        let record = Record {
            message_events: self.settings.message_events,
            old_names: self.settings.old_names,
        };
        (context.with_value(SpanBudget::default()), Some(record))
    }
}

impl Calls {
    fn describe(&self, span: &SpanRef<'_>, attributes: Vec<KeyValue>) {
        if self.settings.old_names {
            span.set_attributes(names::old::of_span(&attributes));
        }
        span.set_attributes(attributes);
    }
}

/// An open span of a call. Dropped without [`Call::end`], it ends as CANCELLED, which
/// is what an abandoned call is, or at its deadline as DEADLINE_EXCEEDED.
#[derive(Debug)]
pub(super) struct Call {
    context: Context,
    side: Side,
    method: Arc<Method>,
    started: StartTime,
    traffic: Arc<Traffic>,
    /// None for a span that is not recorded, or a call that has none.
    record: Option<Record>,
    /// The service, where it is not in the descriptors.
    undescribed: Option<Box<str>>,
    /// The time that the caller gave it.
    timeout: Option<Duration>,
    /// Of a client that counts them.
    attempts: Option<Attempts>,
    ended: bool,
}

/// What a recorded span says at its end.
#[derive(Clone, Copy, Debug)]
struct Record {
    message_events: bool,
    old_names: bool,
}

impl Call {
    /// The context to run the call in.
    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    /// Notes that the call is to a `service` without descriptors.
    pub(super) fn set_undescribed(&mut self, service: String) {
        self.undescribed = Some(service.into());
    }

    /// Notes the time that the caller gives the call, by whose end it may give it up.
    pub(super) fn set_timeout(&mut self, timeout: Option<Duration>) {
        self.timeout = timeout;
    }

    /// For the service that makes the attempts of the call.
    pub(super) fn attempts(&mut self) -> Attempts {
        let attempts = Attempts::new(Arc::clone(&self.method));
        self.attempts.insert(attempts).clone()
    }

    /// A meter for the body of the request.
    pub(super) fn request_meter(&self) -> Meter {
        self.meter(Direction::Request, self.side == Side::Server)
    }

    /// A meter for the body of the response.
    pub(super) fn response_meter(&self) -> Meter {
        self.meter(Direction::Response, self.side == Side::Client)
    }

    fn meter(&self, direction: Direction, inbound: bool) -> Meter {
        let record = self.record;
        let events = record.and_then(|record| self.events(record, inbound));
        let traffic = Arc::clone(&self.traffic);
        let started = record.map(|_| self.started.instant());
        Meter::new(traffic, direction, started, events)
    }

    fn events(&self, record: Record, inbound: bool) -> Option<Events> {
        record.message_events.then(|| Events {
            context: self.context.clone(),
            name: match inbound {
                true => names::INBOUND_MESSAGE,
                false => names::OUTBOUND_MESSAGE,
            },
        })
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
        let took = self.started.elapsed();
        let code = match (code, self.timeout) {
            // The caller noticed the deadline first, and gave the call up.
            (Code::Cancelled, Some(timeout)) if timeout::has_passed(timeout, took) => {
                Code::DeadlineExceeded
            }
            _ => code,
        };
        if let Some(attempts) = &self.attempts {
            attempts.end(code);
        }
        let ended = self.started.after(took);
        let span = self.context.span();
        // Without a record the span of the context may be another's, which continues.
        if let Some(record) = self.record {
            span.set_attributes(self.result(record, code));
            if is_error(code, self.side) {
                // No description: the code says it, and a message may hold personal data.
                span.set_status(SpanStatus::error(""));
            }
            span.end_with_timestamp(ended);
        }
        let (metrics, span) = (&self.method.metrics, span.span_context());
        metrics.end(code, took, ended, self.directions(), span);
        if let Some(service) = &self.undescribed {
            undescribed::warn(service, code);
        }
    }
}

impl Call {
    /// What this side sent, and what it received.
    fn directions(&self) -> (&Counts, &Counts) {
        let Traffic { request, response } = &*self.traffic;
        match self.side {
            Side::Client => (request, response),
            Side::Server => (response, request),
        }
    }

    /// The attributes that the span gets at its end, set together, because each call locks the span.
    fn result(&self, record: Record, code: Code) -> Vec<KeyValue> {
        let (sent, received) = self.directions();
        let number = |name, value: &AtomicU64| KeyValue::new(name, value.load(Relaxed) as i64);
        let seconds =
            |name, micros: &AtomicU64| KeyValue::new(name, micros.load(Relaxed) as f64 / 1e6);
        let name = code_name(code);
        let mut attributes = Vec::with_capacity(10);
        attributes.extend([
            number(names::MESSAGES_SENT, &sent.messages),
            number(names::MESSAGES_RECEIVED, &received.messages),
            number(names::BYTES_SENT, &sent.bytes),
            number(names::BYTES_RECEIVED, &received.bytes),
        ]);
        let response = &self.traffic.response;
        if response.messages.load(Relaxed) > 0 {
            let first = seconds(names::TIME_TO_FIRST_MESSAGE, &response.first_message);
            attributes.push(first);
        }
        attributes.push(seconds(names::TIME_HELD_BACK, &sent.held_back));
        let omitted = SpanBudget::omitted(&self.context);
        if omitted > 0 {
            let omitted = i64::try_from(omitted).unwrap_or(i64::MAX);
            attributes.push(KeyValue::new(names::STORE_SPANS_OMITTED, omitted));
        }
        attributes.push(KeyValue::new(names::RPC_RESPONSE_STATUS_CODE, name));
        if is_error(code, self.side) {
            attributes.push(KeyValue::new(names::ERROR_TYPE, name));
        }
        if record.old_names {
            let number = KeyValue::new(names::old::RPC_GRPC_STATUS_CODE, code as i64);
            attributes.push(number);
        }
        attributes
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end(Code::Cancelled);
    }
}
