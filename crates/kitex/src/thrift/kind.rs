//! The types of the binary protocol.

use crate::error::DecodeError;

/// The type of a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Type {
    /// One byte, 0 or 1.
    Bool = 2,
    /// A signed byte.
    I8 = 3,
    /// A floating-point number of 64 bits.
    Double = 4,
    /// A signed integer of 16 bits.
    I16 = 6,
    /// A signed integer of 32 bits, and an enum.
    I32 = 8,
    /// A signed integer of 64 bits.
    I64 = 10,
    /// Text, or bytes.
    String = 11,
    /// A struct, union or exception.
    Struct = 12,
    /// A map.
    Map = 13,
    /// A set.
    Set = 14,
    /// A list.
    List = 15,
}

impl Type {
    /// The type of `byte` on the wire.
    ///
    /// # Errors
    /// If it is not a type.
    pub(crate) fn parse(byte: u8) -> Result<Self, DecodeError> {
        Ok(match byte {
            2 => Self::Bool,
            3 => Self::I8,
            4 => Self::Double,
            6 => Self::I16,
            8 => Self::I32,
            10 => Self::I64,
            11 => Self::String,
            12 => Self::Struct,
            13 => Self::Map,
            14 => Self::Set,
            15 => Self::List,
            _ => return Err(DecodeError::UnexpectedType(byte)),
        })
    }

    /// The length of every value in bytes, if it is fixed.
    pub(crate) fn fixed_length(self) -> Option<usize> {
        Some(match self {
            Self::Bool | Self::I8 => 1,
            Self::I16 => 2,
            Self::I32 => 4,
            Self::Double | Self::I64 => 8,
            _ => return None,
        })
    }

    /// The length of the shortest value in bytes, never 0.
    pub(crate) fn shortest(self) -> usize {
        match self {
            Self::String => 4,
            Self::Set | Self::List => 5,
            Self::Map => 6,
            // The end of its fields.
            Self::Struct => 1,
            _ => self.fixed_length().unwrap_or(1),
        }
    }
}
