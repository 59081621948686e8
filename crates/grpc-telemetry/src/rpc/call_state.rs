//! What the parts of one call share: its span's layer, and the meters of both bodies. Of one
//! allocation, as each layer copies what it holds of a call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use opentelemetry::Context;
use tonic::Code;

use super::budget::SpanBudget;
use super::code::{Side, code_name, is_error};
use super::meter::{Counts, Direction};
use super::methods::Method;
use crate::names;
use crate::spans::{Recording, Span};
use crate::start_time::StartTime;

/// A call that has begun.
#[derive(Debug)]
pub(super) struct CallState {
    pub(super) context: Context,
    pub(super) side: Side,
    pub(super) method: Arc<Method>,
    pub(super) started: StartTime,
    pub(super) traffic: Traffic,
    /// None for a span that is not recorded, or a call that has none.
    pub(super) record: Option<Record>,
    pub(super) details: Details,
}

/// What is known of a call besides its method.
#[derive(Debug, Default)]
pub(super) struct Details {
    /// The service, where it is not in the descriptors.
    pub(super) undescribed: Option<Box<str>>,
    /// The time that the caller gave it, by whose end it may give it up.
    pub(super) timeout: Option<Duration>,
}

/// A recorded span, and what it says.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) span: Span,
    pub(super) message_events: bool,
    pub(super) old_names: bool,
}

/// Both directions of a call.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    request: Counts,
    response: Counts,
}

impl CallState {
    /// The counts of one direction.
    pub(super) fn counts(&self, direction: Direction) -> &Counts {
        match direction {
            Direction::Request => &self.traffic.request,
            Direction::Response => &self.traffic.response,
        }
    }

    /// Whether the times of one direction are of interest: those of the request to a server are not.
    pub(super) fn is_timed(&self, direction: Direction) -> bool {
        let is_sent_to_us = self.side == Side::Server && direction == Direction::Request;
        self.record.is_some() && !is_sent_to_us
    }

    /// What an event of each message in `direction` is called, by gRPC proposal A72; none
    /// unless `TRACE_MESSAGE_EVENTS=true`.
    pub(super) fn event_name(&self, direction: Direction) -> Option<&'static str> {
        self.record.as_ref().filter(|it| it.message_events)?;
        Some(match (self.side, direction) {
            (Side::Server, Direction::Request) | (Side::Client, Direction::Response) => {
                names::INBOUND_MESSAGE
            }
            (Side::Client, Direction::Request) | (Side::Server, Direction::Response) => {
                names::OUTBOUND_MESSAGE
            }
        })
    }

    /// What this side sent, and what it received.
    pub(super) fn directions(&self) -> (&Counts, &Counts) {
        let Traffic { request, response } = &self.traffic;
        match self.side {
            Side::Client => (request, response),
            Side::Server => (response, request),
        }
    }

    /// Says in `span` what came of the call, which ends with `code`.
    pub(super) fn describe_end(&self, record: &Record, code: Code, span: &mut Recording) {
        let (sent, received) = self.directions();
        let number = |number: &AtomicU64| number.load(Relaxed) as i64;
        let seconds = |micros: &AtomicU64| micros.load(Relaxed) as f64 / 1e6;
        span.number(names::MESSAGES_SENT, number(&sent.messages));
        span.number(names::MESSAGES_RECEIVED, number(&received.messages));
        span.number(names::BYTES_SENT, number(&sent.bytes));
        span.number(names::BYTES_RECEIVED, number(&received.bytes));
        let response = &self.traffic.response;
        if response.messages.load(Relaxed) > 0 {
            let first = seconds(&response.first_message);
            span.fraction(names::TIME_TO_FIRST_MESSAGE, first);
        }
        span.fraction(names::TIME_HELD_BACK, seconds(&sent.held_back));
        let omitted = SpanBudget::omitted(&self.context);
        if omitted > 0 {
            let omitted = i64::try_from(omitted).unwrap_or(i64::MAX);
            span.number(names::STORE_SPANS_OMITTED, omitted);
        }
        let name = code_name(code);
        span.text(names::RPC_RESPONSE_STATUS_CODE, name);
        if is_error(code, self.side) {
            span.text(names::ERROR_TYPE, name);
        }
        if record.old_names {
            span.number(names::old::RPC_GRPC_STATUS_CODE, code as i64);
        }
    }
}
