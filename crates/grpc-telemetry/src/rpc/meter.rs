//! What goes over the wire in one direction of a call: messages, bytes, the time
//! to the first message, and the time for which flow control held the sender back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};

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

/// Both directions of a call.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    pub(super) request: Counts,
    pub(super) response: Counts,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Direction {
    Request,
    Response,
}

impl Traffic {
    fn of(&self, direction: Direction) -> &Counts {
        match direction {
            Direction::Request => &self.request,
            Direction::Response => &self.response,
        }
    }
}

/// Adds span events for messages; off unless `TRACE_MESSAGE_EVENTS=true`.
#[derive(Debug)]
pub(super) struct Events {
    pub(super) context: Context,
    /// "Inbound message" or "Outbound message", by gRPC proposal A72.
    pub(super) name: &'static str,
}

/// Watches the data of one direction.
#[derive(Debug)]
pub(super) struct Meter {
    traffic: Arc<Traffic>,
    direction: Direction,
    /// When the call began, if its times are of interest.
    started: Option<Instant>,
    /// Boxed, as each call moves two meters, and hardly any has events.
    events: Option<Box<Events>>,
    messages: Messages,
    /// When the last piece of data was handed on.
    handed_on: Option<Instant>,
}

impl Meter {
    /// `started` is when the call began, if its times are of interest.
    pub(super) fn new(
        traffic: Arc<Traffic>,
        direction: Direction,
        started: Option<Instant>,
        events: Option<Events>,
    ) -> Self {
        Self {
            traffic,
            direction,
            started,
            events: events.map(Box::new),
            messages: Messages::default(),
            handed_on: None,
        }
    }

    /// More data is asked for: until now the other side, or the way to it, held it back.
    pub(super) fn resume(&mut self) {
        if let Some(handed_on) = self.handed_on.take() {
            let counts = self.traffic.of(self.direction);
            counts.held_back.fetch_add(micros(handed_on), Relaxed);
        }
    }

    /// A piece of data, cut wherever the transport cut it.
    pub(super) fn data(&mut self, piece: &[u8]) {
        self.handed_on = self.started.map(|_| Instant::now());
        let Self {
            traffic,
            direction,
            events,
            messages,
            started,
            ..
        } = self;
        let counts = traffic.of(*direction);
        counts.bytes.fetch_add(piece.len() as u64, Relaxed);
        messages.feed(piece, |size| {
            let number = counts.messages.fetch_add(1, Relaxed) + 1;
            if let (1, Some(started)) = (number, *started) {
                counts.first_message.store(micros(started).max(1), Relaxed);
            }
            if let Some(events) = events
                && number <= MAX_EVENTS
            {
                events.add(number, size);
            }
        });
    }
}

impl Events {
    fn add(&self, number: u64, size: u32) {
        let attributes = vec![
            KeyValue::new(names::SEQUENCE_NUMBER, number as i64 - 1),
            KeyValue::new(names::MESSAGE_SIZE, i64::from(size)),
        ];
        self.context.span().add_event(self.name, attributes);
    }
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(size: u8) -> Vec<u8> {
        [vec![0, 0, 0, 0, size], vec![0xff; size.into()]].concat()
    }

    #[test]
    fn counts_are_of_what_went_through() {
        let traffic = Arc::new(Traffic::default());
        let mut meter = Meter::new(
            Arc::clone(&traffic),
            Direction::Request,
            Some(Instant::now()),
            None,
        );

        meter.data(&message(10));
        meter.resume();
        meter.data(&message(20));

        let counts = &traffic.request;
        assert_eq!(counts.messages.load(Relaxed), 2);
        assert_eq!(counts.bytes.load(Relaxed), 40);
        assert!(counts.first_message.load(Relaxed) > 0);
    }
}
