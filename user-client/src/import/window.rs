//! The part of an input that is looked at: records may be looked at twice, and
//! none can fill the memory.

use std::io::{self, BufRead};

use crate::import::LONGEST_RECORD;

/// Some bytes of an input and the number of the line they begin in.
pub(super) struct Window<R> {
    input: R,
    held: Vec<u8>,
    /// What is before it in `held` is done with.
    start: usize,
    line: u64,
}

impl<R: BufRead> Window<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            held: Vec::new(),
            start: 0,
            line: 1,
        }
    }

    /// The line of the next byte.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// What is there already.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.held[self.start..]
    }

    /// Whether a record that isn't over yet is too long.
    pub(super) fn is_full(&self) -> bool {
        self.bytes().len() >= LONGEST_RECORD
    }

    /// Adds what comes next, or says that nothing does.
    pub(super) fn grow(&mut self) -> io::Result<bool> {
        self.held.drain(..self.start);
        self.start = 0;
        let room = LONGEST_RECORD.saturating_sub(self.held.len());
        let next = self.input.fill_buf()?;
        let more = &next[..next.len().min(room)];
        self.held.extend_from_slice(more);
        let count = more.len();
        self.input.consume(count);
        Ok(count > 0)
    }

    /// Is done with `count` bytes.
    pub(super) fn pass(&mut self, count: usize) {
        let passed = &self.held[self.start..][..count];
        let ends = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line += u64::try_from(ends).unwrap_or(u64::MAX);
        self.start += count;
    }

    /// Goes to the next line that isn't blank, or says that there is none.
    pub(super) fn pass_blank_lines(&mut self) -> io::Result<bool> {
        self.pass_all(ends_line)
    }

    /// Goes to the next byte that isn't white space, or says that there is none.
    pub(super) fn pass_spaces(&mut self) -> io::Result<bool> {
        self.pass_all(|byte| byte.is_ascii_whitespace())
    }

    /// How long the line is without its end, unless it is too long.
    pub(super) fn line_length(&mut self) -> io::Result<Option<usize>> {
        let mut seen = 0;
        loop {
            let end = self.bytes()[seen..].iter().position(|byte| *byte == b'\n');
            if let Some(end) = end {
                return Ok(Some(seen + end));
            }
            seen = self.bytes().len();
            if self.is_full() {
                return Ok(None);
            }
            if !self.grow()? {
                return Ok(Some(seen));
            }
        }
    }

    fn pass_all(&mut self, is_passed: fn(u8) -> bool) -> io::Result<bool> {
        loop {
            let bytes = self.bytes();
            let blank = bytes.iter().take_while(|byte| is_passed(**byte)).count();
            let more = blank < bytes.len();
            self.pass(blank);
            if more || !self.grow()? {
                return Ok(more);
            }
        }
    }

    /// Goes to the end of this line, and returns what was there of it.
    pub(super) fn pass_line(&mut self) -> io::Result<Vec<u8>> {
        let beginning = self.bytes()[..self.rest_of_line()].to_vec();
        loop {
            let rest = self.rest_of_line();
            let ends = rest < self.bytes().len();
            self.pass(rest);
            if ends || !self.grow()? {
                return Ok(beginning);
            }
        }
    }

    fn rest_of_line(&self) -> usize {
        let rest = self.bytes().iter().take_while(|byte| !ends_line(**byte));
        rest.count()
    }
}

fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}
