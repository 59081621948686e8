//! gRPC-Web's frames in a body: as they are, or in base64 (`grpc-web-text`).

mod decode;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderValue;

pub(crate) use self::decode::Base64Body;

/// How a body has its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WebEncoding {
    /// As they are.
    Binary,
    /// In base64, for browsers that can't read bytes while they arrive.
    Text,
}

impl WebEncoding {
    /// The one of a body of `media_type`, which may have a message format that is not served.
    pub(crate) fn of(media_type: &str) -> Option<Self> {
        let rest = media_type.strip_prefix("application/grpc-web")?;
        match rest.strip_prefix("-text").unwrap_or(rest) {
            text if !text.is_empty() && !text.starts_with('+') => None,
            text if text.len() == rest.len() => Some(Self::Binary),
            _ => Some(Self::Text),
        }
    }

    /// The media type of responses.
    pub(crate) fn media_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Binary => "application/grpc-web+proto",
            Self::Text => "application/grpc-web-text+proto",
        })
    }

    /// A piece of a response as it is sent. Pieces in base64 are padded each, so that none has to
    /// wait for the next one.
    pub(crate) fn encode(self, piece: Bytes) -> Bytes {
        match self {
            Self::Binary => piece,
            Self::Text => Bytes::from(STANDARD.encode(piece)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_is_in_the_media_type() {
        for (media_type, encoding) in [
            ("application/grpc-web", Some(WebEncoding::Binary)),
            ("application/grpc-web+proto", Some(WebEncoding::Binary)),
            ("application/grpc-web+json", Some(WebEncoding::Binary)),
            ("application/grpc-web-text", Some(WebEncoding::Text)),
            ("application/grpc-web-text+proto", Some(WebEncoding::Text)),
            ("application/grpc-web-texts", None),
            ("application/grpc-webs", None),
            ("application/grpc", None),
        ] {
            assert_eq!(WebEncoding::of(media_type), encoding, "{media_type}");
        }
    }
}
