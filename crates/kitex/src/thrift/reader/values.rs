//! Values without others in them.

use bytes::Buf;

use super::Reader;
use crate::error::DecodeError;
use crate::thrift::container;

impl<'a> Reader<'a> {
    /// A truth value. As for other implementations, everything but 0 is true.
    ///
    /// # Errors
    /// See [`Self::field`].
    pub fn bool(&mut self) -> Result<bool, DecodeError> {
        Ok(self.bytes.try_get_u8()? != 0)
    }

    /// A signed byte.
    ///
    /// # Errors
    /// See [`Self::field`].
    pub fn i8(&mut self) -> Result<i8, DecodeError> {
        Ok(self.bytes.try_get_i8()?)
    }

    /// An integer of 16 bits.
    ///
    /// # Errors
    /// See [`Self::field`].
    pub fn i16(&mut self) -> Result<i16, DecodeError> {
        Ok(self.bytes.try_get_i16()?)
    }

    /// An integer of 32 bits, or an enum.
    ///
    /// # Errors
    /// See [`Self::field`].
    pub fn i32(&mut self) -> Result<i32, DecodeError> {
        Ok(self.bytes.try_get_i32()?)
    }

    /// An integer of 64 bits.
    ///
    /// # Errors
    /// See [`Self::field`].
    pub fn i64(&mut self) -> Result<i64, DecodeError> {
        Ok(self.bytes.try_get_i64()?)
    }

    /// A floating-point number.
    ///
    /// # Errors
    /// See [`Self::field`].
    pub fn double(&mut self) -> Result<f64, DecodeError> {
        Ok(self.bytes.try_get_f64()?)
    }

    /// Bytes.
    ///
    /// # Errors
    /// See [`Self::field`].
    pub fn binary(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = container::length(&mut self.bytes)?;
        let (value, rest) = self
            .bytes
            .split_at_checked(length)
            .ok_or(DecodeError::Truncated)?;
        self.bytes = rest;
        Ok(value)
    }

    /// Text.
    ///
    /// # Errors
    /// See [`Self::field`]; also if it is not UTF-8.
    pub fn string(&mut self) -> Result<&'a str, DecodeError> {
        str::from_utf8(self.binary()?).map_err(|_| DecodeError::NotUtf8)
    }
}
