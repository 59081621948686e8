//! Cuts a body into rows.

mod envelope;

use bytes::{Buf, Bytes, BytesMut};

use crate::encoding::Encoding;
use crate::messages::Codec;

/// The longest row, in bytes.
pub(super) const MAX_ROW: usize = 1024 * 1024;

/// How the rows of a body are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One on each line (NDJSON).
    Lines,
    /// One array of all.
    Array,
    /// Connect's envelopes.
    Envelopes {
        codec: Codec,
        /// How messages are compressed that say that they are.
        encoding: Encoding,
        /// Maximum bytes of a message.
        max: usize,
    },
}

impl Layout {
    /// The longest row, in bytes.
    pub(super) fn longest(self) -> usize {
        match self {
            Self::Lines | Self::Array => MAX_ROW,
            Self::Envelopes { max, .. } => max,
        }
    }

    /// How each row is written.
    pub(super) fn codec(self) -> Codec {
        match self {
            Self::Lines | Self::Array => Codec::Json,
            Self::Envelopes { codec, .. } => codec,
        }
    }
}

/// Why a body has no further row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SplitError {
    TooLarge,
    /// The rows are not laid out so.
    Malformed(&'static str),
    /// A message is compressed, but the request does not say how.
    NotEncoded,
}

/// Cuts what it is given into rows; keeps no more than one of them and what came with it.
#[derive(Debug)]
pub(super) struct Splitter {
    layout: Layout,
    buffer: BytesMut,
    /// How much of the buffer was looked at.
    scanned: usize,
    place: Place,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

/// The place in an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Before,
    /// In the first element, which may be missing.
    First,
    Element,
    After,
}

impl Splitter {
    pub(super) fn new(layout: Layout) -> Self {
        Self {
            layout,
            buffer: BytesMut::new(),
            scanned: 0,
            place: Place::Before,
            depth: 0,
            in_string: false,
            escaped: false,
        }
    }

    /// Takes the next bytes of the body.
    pub(super) fn push(&mut self, data: &[u8]) {
        self.buffer.extend_from_slice(data);
    }

    /// The next row, if all of it is there; `is_last` if no further bytes come.
    ///
    /// # Errors
    /// When a row is too long, or the body is not an array where it is to be one.
    pub(super) fn next_row(&mut self, is_last: bool) -> Result<Option<Bytes>, SplitError> {
        let row = match self.layout {
            Layout::Lines => self.next_line(is_last),
            Layout::Array => self.next_element(is_last)?,
            Layout::Envelopes { encoding, max, .. } => {
                return self.next_envelope(encoding, max, is_last);
            }
        };
        let longest = row.as_ref().map_or(self.buffer.len(), Bytes::len);
        match longest > MAX_ROW && (row.is_some() || self.scanned > MAX_ROW) {
            true => Err(SplitError::TooLarge),
            false => Ok(row),
        }
    }

    fn next_envelope(
        &mut self,
        encoding: Encoding,
        max: usize,
        is_last: bool,
    ) -> Result<Option<Bytes>, SplitError> {
        let envelope = envelope::first(&self.buffer, max)?;
        let Some((flags, end)) = envelope else {
            return match is_last && !self.buffer.is_empty() {
                true => Err(SplitError::Malformed("a message is cut short")),
                false => Ok(None),
            };
        };
        let message = self.buffer.split_to(end).freeze().slice(envelope::PREFIX..);
        envelope::content(flags, message, encoding, max).map(Some)
    }

    fn next_line(&mut self, is_last: bool) -> Option<Bytes> {
        loop {
            let rest = &self.buffer[self.scanned..];
            let line = match rest.iter().position(|byte| *byte == b'\n') {
                Some(end) => self.take(self.scanned + end, 1),
                None if is_last && !self.buffer.is_empty() => self.take(self.buffer.len(), 0),
                None => {
                    self.scanned = self.buffer.len();
                    return None;
                }
            };
            if !line.is_empty() {
                return Some(line);
            }
        }
    }

    fn next_element(&mut self, is_last: bool) -> Result<Option<Bytes>, SplitError> {
        while let Some(byte) = self.buffer.get(self.scanned).copied() {
            match self.place {
                Place::Before if byte == b'[' => {
                    self.place = Place::First;
                    self.take(self.scanned, 1);
                }
                Place::Before | Place::After if byte.is_ascii_whitespace() => {
                    self.take(self.scanned, 1);
                }
                Place::Before => return Err(SplitError::Malformed("the body is not an array")),
                Place::After => return Err(SplitError::Malformed("something follows the array")),
                Place::First | Place::Element => {
                    if let Some(element) = self.element(byte)? {
                        return Ok(Some(element));
                    }
                }
            }
        }
        match is_last && self.place != Place::After {
            true => Err(SplitError::Malformed("the array is not closed")),
            false => Ok(None),
        }
    }

    /// Looks at one byte of an element; returns the element if that ends it.
    fn element(&mut self, byte: u8) -> Result<Option<Bytes>, SplitError> {
        if self.in_string {
            self.in_string = self.escaped || byte != b'"';
            self.escaped = byte == b'\\' && !self.escaped;
            self.scanned += 1;
            return Ok(None);
        }
        let is_end = self.depth == 0 && matches!(byte, b',' | b']');
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if !is_end {
            self.scanned += 1;
            return Ok(None);
        }
        let is_first = self.place == Place::First;
        self.place = match byte {
            b']' => Place::After,
            _ => Place::Element,
        };
        let element = self.take(self.scanned, 1);
        match (element.is_empty(), is_first && byte == b']') {
            (false, _) => Ok(Some(element)),
            (true, true) => Ok(None),
            (true, false) => Err(SplitError::Malformed("an element of the array is missing")),
        }
    }

    /// Takes the first `length` bytes without the white space around them, and `more` after them.
    fn take(&mut self, length: usize, more: usize) -> Bytes {
        let taken = self.buffer.split_to(length).freeze();
        self.buffer.advance(more);
        self.scanned = 0;
        taken.slice_ref(taken.trim_ascii())
    }
}
