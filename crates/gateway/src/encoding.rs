//! Messages that are compressed by gzip.

use std::io::Read;

use bytes::Bytes;
use flate2::read::GzDecoder;

/// How a message is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Not at all.
    Identity,
    Gzip,
}

/// Why a message has no decompressed form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undecodable {
    /// It has more bytes than are allowed.
    TooLarge,
    /// It is not what its encoding says.
    Broken,
}

impl Encoding {
    /// The one by this name, which is empty for none; `None` if it is not known.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "" | "identity" => Some(Self::Identity),
            "gzip" => Some(Self::Gzip),
            _ => None,
        }
    }

    /// The message that `bytes` are, of `limit` bytes at most.
    ///
    /// # Errors
    /// When it is longer, or not of this encoding.
    pub(crate) fn decode(self, bytes: Bytes, limit: usize) -> Result<Bytes, Undecodable> {
        // As connect-go has it: nothing at all is an empty message.
        if self == Self::Identity || bytes.is_empty() {
            return match bytes.len() > limit {
                true => Err(Undecodable::TooLarge),
                false => Ok(bytes),
            };
        }
        let mut message = Vec::new();
        // One byte more than there may be tells that there are too many.
        let read = GzDecoder::new(&bytes[..])
            .take(limit as u64 + 1)
            .read_to_end(&mut message);
        match read {
            Ok(length) if length <= limit => Ok(Bytes::from(message)),
            Ok(_) => Err(Undecodable::TooLarge),
            Err(_) => Err(Undecodable::Broken),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn zipped(bytes: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        Bytes::from(encoder.finish().unwrap())
    }

    #[test]
    fn a_message_is_bounded_after_decompression() {
        let message = vec![7; 1000];
        let bytes = zipped(&message);
        assert_eq!(Encoding::Gzip.decode(bytes.clone(), 1000).unwrap(), message);
        let too_large = Encoding::Gzip.decode(bytes.clone(), 999);
        assert_eq!(too_large, Err(Undecodable::TooLarge));
        let cut = bytes.slice(..bytes.len() - 9);
        assert_eq!(Encoding::Gzip.decode(cut, 1000), Err(Undecodable::Broken));
        let plain = Bytes::from(message);
        assert!(Encoding::Identity.decode(plain.clone(), 1000).is_ok());
        let too_large = Encoding::Identity.decode(plain, 999);
        assert_eq!(too_large, Err(Undecodable::TooLarge));
    }

    #[test]
    fn only_gzip_is_known() {
        assert_eq!(Encoding::named("gzip"), Some(Encoding::Gzip));
        assert_eq!(Encoding::named(""), Some(Encoding::Identity));
        assert_eq!(Encoding::named("br"), None);
    }
}
