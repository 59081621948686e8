//! The heads of strings, lists, sets and maps.

use bytes::Buf;

use super::kind::Type;
use crate::error::DecodeError;

/// The head of a list, set or map.
pub(crate) struct Head {
    /// The types of a key and its value; those of a list or set are the same. Not checked, as
    /// some programs write arbitrary types for an empty container.
    pub(crate) kinds: [u8; 2],
    /// The number of elements, or of pairs.
    pub(crate) count: usize,
}

impl Head {
    /// The head of a container of type `kind` at the beginning of `bytes`.
    pub(crate) fn read(bytes: &mut &[u8], kind: Type) -> Result<Self, DecodeError> {
        let first = bytes.try_get_u8()?;
        let second = match kind {
            Type::Map => bytes.try_get_u8()?,
            _ => first,
        };
        Ok(Self {
            kinds: [first, second],
            count: length(bytes)?,
        })
    }
}

/// The content of a list, set or map, for skipping.
pub(crate) enum Content {
    /// Skip this number of bytes: all elements have the same length.
    Bytes(usize),
    /// Walk over this number of values, which have these types in turn.
    Values { kinds: [Type; 2], values: usize },
}

impl Content {
    /// The content of the container of type `kind` that begins with `head`, with `room` bytes
    /// behind it.
    ///
    /// # Errors
    /// If a type is unknown, or the elements can't fit into the room.
    pub(crate) fn read(mut head: &[u8], kind: Type, room: usize) -> Result<Self, DecodeError> {
        let Head { kinds, count } = Head::read(&mut head, kind)?;
        if count == 0 {
            return Ok(Self::Bytes(0));
        }
        let kinds = [Type::parse(kinds[0])?, Type::parse(kinds[1])?];
        let each = if kind == Type::Map { 2 } else { 1 };
        check(count, &kinds[..each], room)?;
        let lengths: Option<usize> = kinds[..each].iter().map(|it| it.fixed_length()).sum();
        Ok(match lengths {
            Some(length) => Self::Bytes(length * count),
            None => Self::Values {
                kinds,
                values: each * count,
            },
        })
    }
}

/// Whether `count` elements of these types can fit into `room` bytes.
///
/// # Errors
/// If they can't.
pub(crate) fn check(count: usize, kinds: &[Type], room: usize) -> Result<(), DecodeError> {
    let shortest: usize = kinds.iter().map(|kind| kind.shortest()).sum();
    match count > room / shortest {
        true => Err(DecodeError::ContainerTooLong),
        false => Ok(()),
    }
}

/// A length or count at the beginning of `bytes`.
///
/// # Errors
/// If it is incomplete or negative.
pub(crate) fn length(bytes: &mut &[u8]) -> Result<usize, DecodeError> {
    let length = bytes.try_get_i32()?;
    usize::try_from(length).map_err(|_| DecodeError::NegativeLength)
}
