//! Finds the end of a value without reading it.

use super::container::{self, Content};
use super::kind::Type;
use super::{MAX_DEPTH, STOP};
use crate::error::DecodeError;

/// The type and the number of a field.
const FIELD_HEAD: usize = 3;

/// Walks over a value whose bytes may still be arriving, and resumes where it stopped: a peer
/// that sends single bytes causes no more work than one that sends all at once. It has a stack
/// of its own, so that nested input cannot exhaust that of the thread.
#[derive(Debug)]
pub(crate) struct Walker {
    /// The open structs and containers, the innermost last.
    open: Vec<Open>,
    /// Maximum length of `open`.
    levels: usize,
    /// The next byte to look at; it may not have arrived.
    position: usize,
    /// Maximum of `position`.
    limit: usize,
}

#[derive(Clone, Copy, Debug)]
enum Open {
    /// The fields of a struct.
    Fields,
    /// This number of values, which have these types in turn.
    Values { kinds: [Type; 2], values: usize },
}

impl Walker {
    /// A walker over a value that begins at `position`, `depth` levels inside of others, in
    /// bytes that can't be more than `limit`.
    pub(crate) fn new(position: usize, limit: usize, depth: usize) -> Self {
        Self {
            open: Vec::new(),
            levels: MAX_DEPTH.saturating_sub(depth),
            position,
            limit,
        }
    }

    /// The end of the struct in `bytes`, or `None` if it has not arrived.
    ///
    /// # Errors
    /// If it is malformed, too deep, or can't end within the limit.
    pub(crate) fn structure(&mut self, bytes: &[u8]) -> Result<Option<usize>, DecodeError> {
        if self.open.is_empty() {
            self.enter(Open::Fields)?;
        }
        self.walk(bytes)
    }

    /// The end of the value of type `kind` in `bytes`, all of which have arrived.
    ///
    /// # Errors
    /// As for [`Self::structure`].
    pub(crate) fn value(mut self, bytes: &[u8], kind: Type) -> Result<usize, DecodeError> {
        let end = match self.begin(bytes, self.position, kind)? {
            true => self.walk(bytes)?,
            false => None,
        };
        end.ok_or(DecodeError::Truncated)
    }

    fn walk(&mut self, bytes: &[u8]) -> Result<Option<usize>, DecodeError> {
        while let Some(innermost) = self.open.last().copied() {
            let went_on = match innermost {
                Open::Fields => self.field(bytes)?,
                Open::Values { values: 0, .. } => self.leave(),
                Open::Values { kinds, values } => self.element(bytes, kinds, values - 1)?,
            };
            if !went_on {
                return Ok(None);
            }
        }
        Ok((self.position <= bytes.len()).then_some(self.position))
    }

    /// Skips the head of a field and the head of its value; `false` if they have not arrived.
    fn field(&mut self, bytes: &[u8]) -> Result<bool, DecodeError> {
        let Some(&kind) = bytes.get(self.position) else {
            return Ok(false);
        };
        if kind == STOP {
            self.go_to(self.position + 1)?;
            return Ok(self.leave());
        }
        self.begin(bytes, self.position + FIELD_HEAD, Type::parse(kind)?)
    }

    /// Begins the element before the last `left` values; `false` if its head has not arrived.
    fn element(
        &mut self,
        bytes: &[u8],
        kinds: [Type; 2],
        left: usize,
    ) -> Result<bool, DecodeError> {
        let place = self.open.len() - 1;
        // Counted down to 0: the last value of a pair is its second.
        let begun = self.begin(bytes, self.position, kinds[1 - left % 2])?;
        if begun {
            self.open[place] = Open::Values {
                kinds,
                values: left,
            };
        }
        Ok(begun)
    }

    /// Skips the value at `at`, or enters it; `false` if its head has not arrived.
    fn begin(&mut self, bytes: &[u8], at: usize, kind: Type) -> Result<bool, DecodeError> {
        if let Some(length) = kind.fixed_length() {
            return self.go_to(at + length);
        }
        if kind == Type::Struct {
            self.enter(Open::Fields)?;
            return self.go_to(at);
        }
        let behind = at + kind.shortest();
        let Some(mut head) = bytes.get(at..behind) else {
            return Ok(false);
        };
        if kind == Type::String {
            return self.go_to(behind + container::length(&mut head)?);
        }
        match Content::read(head, kind, self.limit.saturating_sub(behind))? {
            Content::Bytes(length) => self.go_to(behind + length),
            Content::Values { kinds, values } => {
                self.enter(Open::Values { kinds, values })?;
                self.go_to(behind)
            }
        }
    }

    fn enter(&mut self, level: Open) -> Result<(), DecodeError> {
        if self.open.len() >= self.levels {
            return Err(DecodeError::TooDeep);
        }
        self.open.push(level);
        Ok(())
    }

    fn leave(&mut self) -> bool {
        self.open.pop();
        true
    }

    /// Continues at `position`, unless that exceeds the limit.
    fn go_to(&mut self, position: usize) -> Result<bool, DecodeError> {
        if position > self.limit {
            return Err(DecodeError::Truncated);
        }
        self.position = position;
        Ok(true)
    }
}
