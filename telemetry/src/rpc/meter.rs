//! What goes over the wire in one direction of a call: messages, bytes, the time
//! to the first message, and the time for which the sender was held back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};

use crate::names;

/// Bytes before each message: a flag and the length, by the gRPC protocol.
const PREFIX_BYTES: usize = 5;

/// Message events that one direction of a call may add to its span.
const MAX_EVENTS: u64 = 32;

/// The counts of one direction. Written by the one who moves the body, read by the span.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) messages: AtomicU64,
    pub(super) bytes: AtomicU64,
    /// Microseconds from the start of the call; 0 for none.
    pub(super) first_message: AtomicU64,
    /// Microseconds.
    pub(super) held_back: AtomicU64,
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
    counts: Arc<Counts>,
    started: Instant,
    events: Option<Events>,
    parser: Parser,
    /// When the last piece of data was handed on.
    handed_on: Option<Instant>,
}

impl Meter {
    pub(super) fn new(counts: Arc<Counts>, events: Option<Events>) -> Self {
        Self {
            counts,
            started: Instant::now(),
            events,
            parser: Parser::default(),
            handed_on: None,
        }
    }

    /// More data is asked for: until now the other side, or the way to it, held it back.
    pub(super) fn resume(&mut self) {
        if let Some(handed_on) = self.handed_on.take() {
            self.counts.held_back.fetch_add(micros(handed_on), Relaxed);
        }
    }

    /// A piece of data, cut wherever the transport cut it.
    pub(super) fn data(&mut self, piece: &[u8]) {
        self.handed_on = Some(Instant::now());
        let Self {
            counts,
            events,
            parser,
            started,
            ..
        } = self;
        counts.bytes.fetch_add(piece.len() as u64, Relaxed);
        parser.feed(piece, |size| {
            let number = counts.messages.fetch_add(1, Relaxed) + 1;
            if number == 1 {
                counts.first_message.store(micros(*started).max(1), Relaxed);
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

/// Finds the messages in data that comes in pieces.
#[derive(Debug, Default)]
struct Parser {
    prefix: [u8; PREFIX_BYTES],
    prefix_bytes: usize,
    /// Bytes of the current message that are still to come.
    body_bytes: usize,
}

impl Parser {
    /// Calls `begins` with the size of each message whose prefix is complete.
    fn feed(&mut self, mut piece: &[u8], mut begins: impl FnMut(u32)) {
        while !piece.is_empty() {
            let skipped = self.body_bytes.min(piece.len());
            self.body_bytes -= skipped;
            piece = &piece[skipped..];
            let taken = (PREFIX_BYTES - self.prefix_bytes).min(piece.len());
            self.prefix[self.prefix_bytes..][..taken].copy_from_slice(&piece[..taken]);
            self.prefix_bytes += taken;
            piece = &piece[taken..];
            if self.prefix_bytes == PREFIX_BYTES {
                let [_, size @ ..] = self.prefix;
                let size = u32::from_be_bytes(size);
                self.prefix_bytes = 0;
                self.body_bytes = size as usize;
                begins(size);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(size: u8) -> Vec<u8> {
        let mut bytes = vec![0, 0, 0, 0, size];
        bytes.resize(PREFIX_BYTES + usize::from(size), 0xff);
        bytes
    }

    #[test]
    fn messages_are_counted_however_the_data_is_cut() {
        let data = [message(0), message(7), message(255), message(1)].concat();
        for piece_bytes in 1..data.len() {
            let mut sizes = Vec::new();
            let mut parser = Parser::default();
            for piece in data.chunks(piece_bytes) {
                parser.feed(piece, |size| sizes.push(size));
            }
            assert_eq!(sizes, [0, 7, 255, 1], "pieces of {piece_bytes}");
        }
    }

    #[test]
    fn counts_are_of_what_went_through() {
        let counts = Arc::new(Counts::default());
        let mut meter = Meter::new(Arc::clone(&counts), None);

        meter.data(&message(10));
        meter.resume();
        meter.data(&message(20));

        assert_eq!(counts.messages.load(Relaxed), 2);
        assert_eq!(counts.bytes.load(Relaxed), 40);
        assert!(counts.first_message.load(Relaxed) > 0);
    }
}
