//! How messages follow each other in a body.

use bytes::{BufMut, BytesMut};
use http::HeaderMap;
use http::header::ACCEPT;

/// How messages follow each other in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// One on each line (NDJSON).
    Lines,
    /// One event each (`text/event-stream`).
    Events,
    /// One array of all.
    Array,
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
        }
    }

    /// Writes the message `text`, before which there were `count`.
    pub(super) fn message(self, count: u64, text: &[u8], buffer: &mut BytesMut) {
        let before: &[u8] = match (self, count) {
            (Self::Lines, _) => b"",
            (Self::Events, _) => b"data: ",
            (Self::Array, 0) => b"[",
            (Self::Array, _) => b",",
        };
        buffer.put_slice(before);
        buffer.put_slice(text);
        buffer.put_slice(match self {
            Self::Events => b"\n\n",
            Self::Lines | Self::Array => b"\n",
        });
    }

    /// Writes what follows the last of `count` messages.
    pub(super) fn end(self, count: u64, buffer: &mut BytesMut) {
        buffer.put_slice(match (self, count) {
            (Self::Lines, _) => b"",
            // Otherwise a page begins again: an event stream that ends is taken for a broken one.
            (Self::Events, _) => b"event: end\ndata: {}\n\n".as_slice(),
            (Self::Array, 0) => b"[]\n",
            (Self::Array, _) => b"]\n",
        });
    }

    /// Writes an error, which is the last thing; returns false where it has no place.
    pub(super) fn error(self, text: &str, buffer: &mut BytesMut) -> bool {
        match self {
            Self::Lines => buffer.put_slice(format!("{text}\n").as_bytes()),
            Self::Events => buffer.put_slice(format!("event: error\ndata: {text}\n\n").as_bytes()),
            Self::Array => return false,
        }
        true
    }
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
        framing.end(messages.len() as u64, &mut buffer);
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
        assert!(!Framing::Array.error("x", &mut buffer));
        assert!(Framing::Events.error("x", &mut buffer));
        assert_eq!(buffer, "event: error\ndata: x\n\n");
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
