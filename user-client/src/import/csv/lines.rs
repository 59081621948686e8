//! Which line a record begins at, and an end to records without one.

use std::collections::VecDeque;
use std::io::{self, Read};

use crate::import::LONGEST_RECORD;

/// An input that knows where its lines begin: the CSV reader's own count is one
/// behind where lines end in CRLF, and stops at blank lines.
pub(super) struct Lines<R> {
    input: R,
    /// How much may be read for this record: a quote that is never closed
    /// must not take all of a file for one field.
    left: usize,
    position: u64,
    line: u64,
    line_is_blank: bool,
    /// The positions of the first bytes of lines that aren't blank, with the
    /// numbers of the lines: those of this record and of what is read ahead.
    starts: VecDeque<(u64, u64)>,
}

impl<R> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            left: LONGEST_RECORD,
            position: 0,
            line: 1,
            line_is_blank: true,
            starts: VecDeque::new(),
        }
    }

    /// The next record may be as long as any.
    pub(super) fn begin_record(&mut self) {
        self.left = LONGEST_RECORD;
    }

    /// The line of the first record at `position` or after it. Asked for in order.
    pub(super) fn line_after(&mut self, position: u64) -> u64 {
        while self
            .starts
            .pop_front_if(|(start, _)| *start < position)
            .is_some()
        {}
        self.starts.front().map_or(self.line, |(_, line)| *line)
    }

    fn note(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' => {
                    self.line += 1;
                    self.line_is_blank = true;
                }
                b'\r' => {}
                _ if self.line_is_blank => {
                    self.line_is_blank = false;
                    self.starts.push_back((self.position, self.line));
                }
                _ => {}
            }
            self.position += 1;
        }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other(format!(
                "a record is longer than {LONGEST_RECORD} bytes; is a quote never closed?"
            )));
        }
        let most = buffer.len().min(self.left);
        let read = self.input.read(&mut buffer[..most])?;
        self.left -= read;
        self.note(&buffer[..read]);
        Ok(read)
    }
}
