//! What the parts of one call share: its span's layer, and the meters of both bodies. Of one
//! allocation, as each layer copies what it holds of a call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use opentelemetry::{Context, KeyValue};
use tonic::Code;

use super::budget::SpanBudget;
use super::code::{Side, code_name, is_error};
use super::meter::{Counts, Direction};
use super::methods::Method;
use crate::names;
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

/// What a recorded span says at its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
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
        self.record.filter(|record| record.message_events)?;
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

    /// The attributes that the span gets at its end, set together, because each call locks the span.
    pub(super) fn result(&self, record: Record, code: Code) -> Vec<KeyValue> {
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
