//! Reads values within the bounds of the buffer.

mod values;

use bytes::Buf;

use super::container::{self, Head};
use super::kind::Type;
use super::walker::Walker;
use super::{Decode, MAX_DEPTH, STOP};
use crate::error::DecodeError;

/// Reads one value after the other. Lengths are compared with the remaining bytes before they are
/// used, so a value never takes more memory than its bytes.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    /// How many structs the next value lies in.
    depth: usize,
}

/// The head of a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Field {
    /// The number of the field in its struct.
    pub id: i16,
    /// The type of the value, which has to be read or skipped next.
    pub kind: Type,
}

impl<'a> Reader<'a> {
    /// A reader of the values in `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, depth: 0 }
    }

    /// The next field of the current struct, or `None` after the last one.
    ///
    /// # Errors
    /// If the struct extends beyond the end, or the type is unknown. The other methods fail for the
    /// same reasons.
    pub fn field(&mut self) -> Result<Option<Field>, DecodeError> {
        let kind = self.bytes.try_get_u8()?;
        if kind == STOP {
            return Ok(None);
        }
        let kind = Type::parse(kind)?;
        let id = self.bytes.try_get_i16()?;
        Ok(Some(Field { id, kind }))
    }

    /// A struct.
    ///
    /// # Errors
    /// If it is malformed, or lies in too many others.
    pub fn structure<T: Decode>(&mut self) -> Result<T, DecodeError> {
        if self.depth == MAX_DEPTH {
            return Err(DecodeError::TooDeep);
        }
        self.depth += 1;
        let value = T::decode(self)?;
        self.depth -= 1;
        Ok(value)
    }

    /// The number of elements of a list or set of `kind`, which follow and have to be read next.
    /// Reserve no memory for them: only their bytes are known to be there.
    ///
    /// # Errors
    /// See [`Self::field`]; also if the elements have another type.
    pub fn list(&mut self, kind: Type) -> Result<usize, DecodeError> {
        let Head { kinds, count } = Head::read(&mut self.bytes, Type::List)?;
        self.elements(kinds, count, &[kind])
    }

    /// The number of pairs of a map, which follow and have to be read next.
    ///
    /// # Errors
    /// See [`Self::list`].
    pub fn map(&mut self, key: Type, value: Type) -> Result<usize, DecodeError> {
        let Head { kinds, count } = Head::read(&mut self.bytes, Type::Map)?;
        self.elements(kinds, count, &[key, value])
    }

    fn elements(
        &self,
        found: [u8; 2],
        count: usize,
        expected: &[Type],
    ) -> Result<usize, DecodeError> {
        if count == 0 {
            return Ok(0);
        }
        for (found, expected) in found.into_iter().zip(expected) {
            if found != *expected as u8 {
                return Err(DecodeError::UnexpectedType(found));
            }
        }
        container::check(count, expected, self.bytes.len())?;
        Ok(count)
    }

    /// Skips a value, with all that lies in it.
    ///
    /// # Errors
    /// See [`Self::field`]; also if it is nested too deep.
    pub fn skip(&mut self, kind: Type) -> Result<(), DecodeError> {
        let walker = Walker::new(0, self.bytes.len(), self.depth);
        let end = walker.value(self.bytes, kind)?;
        self.bytes.advance(end);
        Ok(())
    }

    /// Ends reading.
    ///
    /// # Errors
    /// If something is left.
    pub fn finish(self) -> Result<(), DecodeError> {
        match self.bytes.len() {
            0 => Ok(()),
            left => Err(DecodeError::TrailingBytes(left)),
        }
    }
}

/// The value of a field that has to be set.
///
/// # Errors
/// If it is not.
pub fn required<T>(value: Option<T>, name: &'static str) -> Result<T, DecodeError> {
    value.ok_or(DecodeError::MissingField(name))
}
