//! Reads a header.

use bytes::{Buf, Bytes};

use super::{Header, Infos};
use crate::error::DecodeError;
use crate::limits::FrameLimits;

/// The bytes before the infos: length, magic, flags, sequence number and the size of the infos.
const HEAD: usize = 14;
/// Where in the head the size of the infos is.
const WORDS: usize = 12;
/// The length and the magic.
const BEFORE_FLAGS: usize = 6;

pub(super) const PADDING: u8 = 0x00;
pub(super) const STRINGS: u8 = 0x01;
pub(super) const INTS: u8 = 0x10;
pub(super) const ACL_TOKEN: u8 = 0x11;

/// The length of the infos that `head` announces, in bytes, once that part of it is there.
pub(crate) fn words(head: &[u8]) -> Option<usize> {
    let mut words = head.get(WORDS..HEAD)?;
    Some(usize::from(words.get_u16()) * 4)
}

impl Header {
    /// Takes a header from the front of `frame`, which begins with the length of the frame.
    ///
    /// # Errors
    /// If it is malformed, or has too many infos.
    pub(crate) fn decode(frame: &mut Bytes, limits: &FrameLimits) -> Result<Self, DecodeError> {
        let malformed = DecodeError::MalformedHeader;
        let length = words(frame).ok_or(malformed("the frame ends inside of it"))?;
        frame.advance(BEFORE_FLAGS);
        let flags = frame.try_get_u16()?;
        let sequence = frame.try_get_i32()?;
        frame.try_get_u16()?;
        if length > frame.len() {
            return Err(malformed("it is longer than the frame"));
        }
        let mut rest = frame.split_to(length);
        let protocol_id = rest.try_get_u8()?;
        if rest.try_get_u8()? != 0 {
            return Err(malformed("transforms are not supported"));
        }
        Ok(Self {
            flags,
            sequence,
            protocol_id,
            infos: infos(rest, limits.infos)?,
        })
    }
}

/// Reads infos until `bytes` end.
fn infos(mut bytes: Bytes, most: usize) -> Result<Infos, DecodeError> {
    let mut infos = Infos::default();
    while bytes.has_remaining() {
        match bytes.get_u8() {
            PADDING => {}
            STRINGS => {
                let count = count(&mut bytes, &infos, most)?;
                infos.strings.reserve(count);
                for _ in 0..count {
                    let key = text(&mut bytes)?;
                    infos.strings.push((key, text(&mut bytes)?));
                }
            }
            INTS => {
                let count = count(&mut bytes, &infos, most)?;
                infos.ints.reserve(count);
                for _ in 0..count {
                    let key = bytes.try_get_u16()?;
                    infos.ints.push((key, text(&mut bytes)?));
                }
            }
            ACL_TOKEN => infos.acl_token = Some(text(&mut bytes)?),
            _ => return Err(DecodeError::MalformedHeader("an info is of unknown kind")),
        }
    }
    Ok(infos)
}

/// How many pairs follow.
fn count(bytes: &mut Bytes, infos: &Infos, most: usize) -> Result<usize, DecodeError> {
    let count = usize::from(bytes.try_get_u16()?);
    match infos.len() + count > most {
        true => Err(DecodeError::TooManyInfos(most)),
        false => Ok(count),
    }
}

fn text(bytes: &mut Bytes) -> Result<Bytes, DecodeError> {
    let length = usize::from(bytes.try_get_u16()?);
    match length > bytes.len() {
        true => Err(DecodeError::MalformedHeader("an info is longer than it")),
        false => Ok(bytes.split_to(length)),
    }
}
