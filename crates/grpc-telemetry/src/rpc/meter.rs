//! What goes over the wire in one direction of a call: messages, bytes, the time
//! to the first message, and the time for which flow control held the sender back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry::trace::TraceContextExt;

use super::call_state::CallState;
use super::framing::Messages;
use crate::names;

/// Message events that one direction of a call may add to its span.
const MAX_EVENTS: u64 = 32;

/// The counts of one direction. Written by the one who moves the body, read by the span.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) messages: AtomicU64,
    pub(crate) bytes: AtomicU64,
    /// Microseconds from the start of the call; 0 for none.
    pub(super) first_message: AtomicU64,
    /// Microseconds.
    pub(super) held_back: AtomicU64,
}

/// The direction of one body of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Request,
    Response,
}

/// Watches the data of one direction.
#[derive(Debug)]
pub(super) struct Meter {
    call: Arc<CallState>,
    direction: Direction,
    messages: Messages,
    /// When the last piece of data was handed on.
    handed_on: Option<Instant>,
}

impl Meter {
    /// Counts what goes over the wire for `call`.
    pub(super) fn new(call: Arc<CallState>, direction: Direction) -> Self {
        Self {
            call,
            direction,
            messages: Messages::default(),
            handed_on: None,
        }
    }

    /// More data is asked for: until now the other side, or the way to it, held it back.
    pub(super) fn resume(&mut self) {
        if let Some(handed_on) = self.handed_on.take() {
            let counts = self.call.counts(self.direction);
            counts
                .held_back
                .fetch_add(micros(handed_on.elapsed()), Relaxed);
        }
    }

    /// A piece of data, cut wherever the transport cut it.
    pub(super) fn data(&mut self, piece: &[u8]) {
        self.handed_on = self.call.is_timed(self.direction).then(Instant::now);
        let Self {
            call,
            direction,
            messages,
            handed_on,
        } = self;
        let counts = call.counts(*direction);
        counts.bytes.fetch_add(piece.len() as u64, Relaxed);
        messages.feed(piece, |size| {
            let number = counts.messages.fetch_add(1, Relaxed) + 1;
            if let (1, Some(now)) = (number, *handed_on) {
                let after = now.duration_since(call.started.instant());
                counts.first_message.store(micros(after).max(1), Relaxed);
            }
            if let Some(name) = call.event_name(*direction)
                && number <= MAX_EVENTS
            {
                add_event(call, name, number, size);
            }
        });
    }
}

/// Adds an event for a message to the span of `call`.
fn add_event(call: &CallState, name: &'static str, number: u64, size: u32) {
    let attributes = vec![
        KeyValue::new(names::SEQUENCE_NUMBER, number as i64 - 1),
        KeyValue::new(names::MESSAGE_SIZE, i64::from(size)),
    ];
    call.context.span().add_event(name, attributes);
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use opentelemetry::Context;
    use opentelemetry::trace::Tracer;

    use super::*;
    use crate::propagation::Propagator;
    use crate::rpc::call_state::{Details, Record, Traffic};
    use crate::rpc::methods::Methods;
    use crate::rpc::{Settings, Side, System};
    use crate::spans::tests::{Kept, tracer};
    use crate::start_time::StartTime;

    /// A call whose span is recorded.
    fn recorded() -> CallState {
        let settings = Settings {
            message_events: false,
            old_names: false,
            trace_health: false,
            exports_spans: true,
            propagator: Propagator::DEFAULT,
        };
        let methods = Methods::new(Side::Server, System::Grpc, settings, &[], []);
        CallState {
            context: Context::new(),
            side: Side::Server,
            method: methods.unknown(),
            started: StartTime::now(),
            traffic: Traffic::default(),
            record: Some(Record {
                span: tracer(&Kept::default()).start("call"),
                message_events: false,
                old_names: false,
            }),
            details: Details::default(),
        }
    }

    fn message(size: u8) -> Vec<u8> {
        [vec![0, 0, 0, 0, size], vec![0xff; size.into()]].concat()
    }

    #[test]
    fn counts_are_of_what_went_through() {
        let call = Arc::new(recorded());
        let mut meter = Meter::new(Arc::clone(&call), Direction::Response);

        meter.data(&message(10));
        meter.resume();
        meter.data(&message(20));

        let counts = call.counts(Direction::Response);
        assert_eq!(counts.messages.load(Relaxed), 2);
        assert_eq!(counts.bytes.load(Relaxed), 40);
        assert!(counts.first_message.load(Relaxed) > 0);
    }
}
