//! The span of one call, from its start to its one end.

use std::sync::Arc;

use grpc_common::code_of_http;
use http::{HeaderMap, StatusCode};
use opentelemetry::trace::{SpanKind, Status as SpanStatus, TraceContextExt, TracerProvider};
use opentelemetry::{Context, InstrumentationScope};
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
use crate::spans::{Begun, Recording, SpanProvider, Start, Tracer};
use crate::start_time::StartTime;

/// Makes the spans of calls on one side.
#[derive(Debug)]
pub(super) struct Calls {
    /// None without traces.
    tracer: Option<Tracer>,
    side: Side,
    settings: Settings,
}

impl Calls {
    /// Those on `side`, by a tracer of `provider`.
    pub(super) fn new(provider: Option<&SpanProvider>, side: Side, settings: Settings) -> Self {
        let scope = InstrumentationScope::builder(names::RPC_SCOPE)
            .with_version(env!("CARGO_PKG_VERSION"))
            .with_schema_url(names::SCHEMA_URL);
        Self {
            tracer: provider.map(|it| it.tracer_with_scope(scope.build())),
            side,
            settings,
        }
    }

    pub(super) fn start(
        &self,
        parent: &Context,
        method: Arc<Method>,
        details: Details,
        describe: impl FnOnce(&mut Recording),
    ) -> Call {
        let started = StartTime::now();
        method.metrics.start(started.instant());
        let (context, record) = match method.is_traced() {
            true => self.trace(parent, &method, started, describe),
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
        describe: impl FnOnce(&mut Recording),
    ) -> (Context, Option<Record>) {
        let Some(tracer) = &self.tracer else {
            return (parent.clone(), None);
        };
        let start = Start {
            name: method.span_name().into(),
            kind: match self.side {
                Side::Client => SpanKind::Client,
                Side::Server => SpanKind::Server,
            },
            time: started.time(),
        };
        let Settings {
            old_names,
            message_events,
            ..
        } = self.settings;
        let begun = tracer.begin(parent, start, |span| {
            method.describe(span, old_names);
            describe(span);
        });
        match begun {
            Begun::Recorded(span) => {
                let context = parent.with_span(span.clone());
                let record = Record {
                    span,
                    message_events,
                    old_names,
                };
                (context.with_value(SpanBudget::default()), Some(record))
            }
            Begun::NotRecorded(span) if span.is_valid() => {
                (parent.with_remote_span_context(span), None)
            }
            Begun::NotRecorded(_) => (parent.clone(), None),
        }
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
        // Without a record the span of the context may be another's, which continues.
        if let Some(record) = &state.record {
            record.span.end_at(ended, |span| {
                state.describe_end(record, code, span);
                if is_error(code, state.side) {
                    // No description: the code says it, and a message may hold personal data.
                    span.set_status(SpanStatus::error(""));
                }
            });
        }
        let span = state.context.span();
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
