//! How messages follow each other in a body.

use bytes::{BufMut, Bytes, BytesMut};
use http::HeaderMap;
use http::header::ACCEPT;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use serde_json::{Map, Value};

use crate::encoding::{Compressor, Encoding};
use crate::{json, metadata};

/// How a message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    /// By protobuf's mapping.
    Json,
    /// As protobuf.
    Proto,
}

impl Codec {
    /// The message in `bytes`, of the type `input`.
    ///
    /// # Errors
    /// A sentence for the caller.
    pub(crate) fn decode(
        self,
        input: &MessageDescriptor,
        bytes: &[u8],
    ) -> Result<DynamicMessage, String> {
        match self {
            Self::Json => json::parse(input, bytes),
            Self::Proto => {
                let message = DynamicMessage::decode(input.clone(), bytes);
                message.map_err(|error| error.to_string())
            }
        }
    }
}

/// The flags of an envelope whose message is compressed.
const COMPRESSED: u8 = 1;
/// The flags of the last envelope, which has the outcome.
const END: u8 = 2;

/// How messages follow each other in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// One on each line (NDJSON).
    Lines,
    /// One event each (`text/event-stream`).
    Events,
    /// One array of all.
    Array,
    /// Connect's envelopes: each with its length before it.
    Envelopes(Codec, Compressor),
}

impl Framing {
    /// The one that `headers` ask for; lines if they ask for none.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(ACCEPT).iter();
        let texts: Vec<_> = values.filter_map(|value| value.to_str().ok()).collect();
        let mut types = texts.iter().flat_map(|text| text.split(','));
        let known = types.find_map(|it| match it.split(';').next().map(str::trim) {
            Some("text/event-stream") => Some(Self::Events),
            Some("application/json") => Some(Self::Array),
            Some("application/x-ndjson" | "*/*" | "application/*") => Some(Self::Lines),
            _ => None,
        });
        known.unwrap_or(Self::Lines)
    }

    /// The media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Lines => "application/x-ndjson",
            Self::Events => "text/event-stream",
            Self::Array => "application/json",
            Self::Envelopes(Codec::Json, _) => "application/connect+json",
            Self::Envelopes(Codec::Proto, _) => "application/connect+proto",
        }
    }

    /// Whether its messages may be compressed.
    pub(crate) fn is_compressed(self) -> bool {
        matches!(self, Self::Envelopes(_, compressor) if compressor.encoding == Encoding::Gzip)
    }

    /// How each message is written.
    pub(super) fn codec(self) -> Codec {
        match self {
            Self::Envelopes(codec, _) => codec,
            Self::Lines | Self::Events | Self::Array => Codec::Json,
        }
    }

    /// A body that has an error alone, with the metadata of it.
    pub(crate) fn only_error(self, error: &Value, metadata: &HeaderMap) -> Bytes {
        let mut buffer = BytesMut::new();
        self.error(error, metadata, &mut buffer);
        buffer.freeze()
    }

    /// Writes the message `text`, before which there were `count`.
    pub(super) fn message(self, count: u64, text: &[u8], buffer: &mut BytesMut) {
        let (before, after): (&[u8], &[u8]) = match (self, count) {
            (Self::Lines, _) => (b"", b"\n"),
            (Self::Events, _) => (b"data: ", b"\n\n"),
            (Self::Array, 0) => (b"[", b"\n"),
            (Self::Array, _) => (b",", b"\n"),
            (Self::Envelopes(_, compressor), _) => {
                return match compressor.compress(text) {
                    Some(text) => envelope(COMPRESSED, &text, buffer),
                    None => envelope(0, text, buffer),
                };
            }
        };
        buffer.put_slice(before);
        buffer.put_slice(text);
        buffer.put_slice(after);
    }

    /// Writes what follows the last of `count` messages, after which came `trailers`.
    pub(super) fn end(self, count: u64, trailers: &HeaderMap, buffer: &mut BytesMut) {
        match (self, count) {
            (Self::Lines, _) => {}
            // Otherwise a page begins again: an event stream that ends is taken for a broken one.
            (Self::Events, _) => buffer.put_slice(b"event: end\ndata: {}\n\n"),
            (Self::Array, 0) => buffer.put_slice(b"[]\n"),
            (Self::Array, _) => buffer.put_slice(b"]\n"),
            (Self::Envelopes(..), _) => envelope(END, &last(None, trailers), buffer),
        }
    }

    /// Writes an error with its metadata, which is the last thing; returns false where it has no
    /// place.
    pub(super) fn error(self, text: &Value, trailers: &HeaderMap, buffer: &mut BytesMut) -> bool {
        match self {
            Self::Lines => buffer.put_slice(format!("{text}\n").as_bytes()),
            Self::Events => buffer.put_slice(format!("event: error\ndata: {text}\n\n").as_bytes()),
            Self::Envelopes(..) => envelope(END, &last(Some(text), trailers), buffer),
            Self::Array => return false,
        }
        true
    }
}

/// The content of the last envelope.
fn last(error: Option<&Value>, trailers: &HeaderMap) -> Vec<u8> {
    let mut content = Map::new();
    content.extend(error.map(|error| ("error".to_owned(), error.clone())));
    let metadata = metadata::as_json(trailers);
    content
        .extend((!metadata.is_empty()).then(|| ("metadata".to_owned(), Value::Object(metadata))));
    Value::Object(content).to_string().into_bytes()
}

fn envelope(flags: u8, content: &[u8], buffer: &mut BytesMut) {
    buffer.put_u8(flags);
    // No message is longer than gRPC's limit, which is far below.
    buffer.put_u32(u32::try_from(content.len()).unwrap_or(u32::MAX));
    buffer.put_slice(content);
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn body(framing: Framing, messages: &[&str]) -> String {
        let mut buffer = BytesMut::new();
        for (count, message) in (0..).zip(messages) {
            framing.message(count, message.as_bytes(), &mut buffer);
        }
        framing.end(messages.len() as u64, &HeaderMap::new(), &mut buffer);
        String::from_utf8(buffer.to_vec()).unwrap()
    }

    #[test]
    fn each_framing_is_what_its_media_type_says() {
        assert_eq!(body(Framing::Lines, &["1", "2"]), "1\n2\n");
        assert_eq!(body(Framing::Lines, &[]), "");
        assert_eq!(body(Framing::Array, &["1", "2"]), "[1\n,2\n]\n");
        assert_eq!(body(Framing::Array, &[]), "[]\n");
        let events = "data: 1\n\nevent: end\ndata: {}\n\n";
        assert_eq!(body(Framing::Events, &["1"]), events);
        let mut buffer = BytesMut::new();
        let (error, none) = (Value::from(1), HeaderMap::new());
        assert!(!Framing::Array.error(&error, &none, &mut buffer));
        assert!(Framing::Events.error(&error, &none, &mut buffer));
        assert_eq!(buffer, "event: error\ndata: 1\n\n");
    }

    #[test]
    fn a_caller_asks_by_accept() {
        for (accept, framing) in [
            ("*/*", Framing::Lines),
            ("application/json", Framing::Array),
            ("application/json;q=0.9, */*", Framing::Array),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Framing::Lines),
            ("text/event-stream", Framing::Events),
            ("text/html", Framing::Lines),
        ] {
            let accept = HeaderValue::from_static(accept);
            let headers = HeaderMap::from_iter([(ACCEPT, accept.clone())]);
            assert_eq!(Framing::of(&headers), framing, "{accept:?}");
        }
        assert_eq!(Framing::of(&HeaderMap::new()), Framing::Lines);
    }
}
