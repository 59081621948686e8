//! Messages that are compressed by gzip.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use grpc_common::accepts_gzip;
use http::{HeaderMap, HeaderName};

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

    /// Gzip if the header `name` accepts it.
    pub(crate) fn accepted(headers: &HeaderMap, name: &HeaderName) -> Self {
        match accepts_gzip(headers, name) {
            true => Self::Gzip,
            false => Self::Identity,
        }
    }

    /// `message` in this encoding; `None` if it stays as it is, because it has fewer than `min`
    /// bytes or there is no encoding.
    fn encode(self, message: &[u8], min: usize) -> Option<Bytes> {
        if self == Self::Identity || message.is_empty() || message.len() < min {
            return None;
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(message).ok()?;
        encoder.finish().ok().map(Bytes::from)
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

/// How the messages of a response are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Compressor {
    pub(crate) encoding: Encoding,
    /// The bytes of the shortest message that is compressed.
    pub(crate) min: usize,
}

impl Compressor {
    /// `message` compressed, unless it stays as it is.
    pub(crate) fn compress(self, message: &[u8]) -> Option<Bytes> {
        self.encoding.encode(message, self.min)
    }
}

#[cfg(test)]
mod tests {
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
    fn messages_that_are_not_too_short_are_compressed() {
        let message = [7; 1000];
        let encoded = Encoding::Gzip.encode(&message, 1000).unwrap();
        assert!(encoded.len() < 100, "{}", encoded.len());
        assert_eq!(Encoding::Gzip.decode(encoded, 1000).unwrap(), message[..]);
        assert_eq!(Encoding::Gzip.encode(&message, 1001), None);
        assert_eq!(Encoding::Gzip.encode(&[], 0), None);
        assert_eq!(Encoding::Identity.encode(&message, 0), None);
    }

    #[test]
    fn only_gzip_is_known() {
        assert_eq!(Encoding::named("gzip"), Some(Encoding::Gzip));
        assert_eq!(Encoding::named(""), Some(Encoding::Identity));
        assert_eq!(Encoding::named("br"), None);
    }
}
