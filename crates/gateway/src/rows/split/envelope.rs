//! Connect's envelopes: flags and a length before each message.

use bytes::Bytes;

use super::SplitError;
use crate::encoding::{Encoding, Undecodable};

/// The flags and the length.
pub(super) const PREFIX: usize = 5;
/// The flag of a message that is compressed.
const COMPRESSED: u8 = 1;

/// The flags of the first envelope in `buffer` and where it ends, if all of it is there. Its
/// message has `limit` bytes at most.
///
/// # Errors
/// When it says that it is longer.
pub(super) fn first(buffer: &[u8], limit: usize) -> Result<Option<(u8, usize)>, SplitError> {
    let Some([flags, length @ ..]) = buffer.first_chunk::<PREFIX>() else {
        return Ok(None);
    };
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    if length > limit {
        return Err(SplitError::TooLarge);
    }
    let end = PREFIX + length;
    Ok((buffer.len() >= end).then_some((*flags, end)))
}

/// The message in an envelope with these flags, of `limit` bytes at most.
///
/// # Errors
/// When it is longer, or not compressed as it says.
pub(super) fn content(
    flags: u8,
    message: Bytes,
    encoding: Encoding,
    limit: usize,
) -> Result<Bytes, SplitError> {
    let encoding = match (flags, encoding) {
        (0, _) => Encoding::Identity,
        (COMPRESSED, Encoding::Identity) => return Err(SplitError::NotEncoded),
        (COMPRESSED, encoding) => encoding,
        _ => {
            return Err(SplitError::Malformed(
                "a message has flags that are not known",
            ));
        }
    };
    encoding
        .decode(message, limit)
        .map_err(|error| match error {
            Undecodable::TooLarge => SplitError::TooLarge,
            Undecodable::Broken => SplitError::Malformed("a message is not gzip, as it says"),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_is_taken_when_it_is_whole_and_small_enough() {
        let bytes = [0, 0, 0, 0, 2, 7, 8, 0];
        assert_eq!(first(&bytes, 2), Ok(Some((0, 7))));
        assert_eq!(first(&bytes[..6], 2), Ok(None));
        assert_eq!(first(&bytes[..4], 2), Ok(None));
        assert_eq!(first(&bytes, 1), Err(SplitError::TooLarge));
    }

    #[test]
    fn flags_say_whether_a_message_is_compressed() {
        let message = Bytes::from_static(b"a");
        let plain = |flags, encoding| content(flags, message.clone(), encoding, 9);
        assert_eq!(plain(0, Encoding::Gzip), Ok(message.clone()));
        assert_eq!(plain(1, Encoding::Identity), Err(SplitError::NotEncoded));
        assert!(matches!(
            plain(1, Encoding::Gzip),
            Err(SplitError::Malformed(_))
        ));
        assert!(matches!(
            plain(2, Encoding::Gzip),
            Err(SplitError::Malformed(_))
        ));
    }
}
