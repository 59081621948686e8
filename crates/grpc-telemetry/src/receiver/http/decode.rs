//! From a body to a message.

use std::io::Read;

use axum::body::Bytes;
use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, StatusCode};
use flate2::read::MultiGzDecoder;
use prost::Message;
use serde::de::DeserializeOwned;

use super::format::Format;

/// Why a request is refused. None of them is retried by an exporter.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// It is in another format.
    #[error("the Content-Type must be application/x-protobuf or application/json")]
    MediaType,
    /// It is compressed in another way.
    #[error("the Content-Encoding must be gzip or identity")]
    Encoding,
    /// It is too large once it is inflated.
    #[error("the inflated body is larger than {0} bytes")]
    TooLarge(usize),
    /// It can't be inflated or decoded.
    #[error("the body cannot be decoded as its headers say")]
    Malformed,
    /// It can't be read, or is too large.
    #[error("the body cannot be read: {0}")]
    Body(StatusCode),
}

impl Refused {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::MediaType | Self::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Body(status) => *status,
        }
    }
}

/// The message in `body`, which has at most `max_bytes` once it is inflated.
pub(super) fn decode<T: Message + Default + DeserializeOwned>(
    format: Format,
    headers: &HeaderMap,
    body: Bytes,
    max_bytes: usize,
) -> Result<T, Refused> {
    let body = match headers.get(CONTENT_ENCODING).map(|it| it.as_bytes()) {
        None | Some(b"identity") => body,
        Some(b"gzip") => inflated(&body, max_bytes)?,
        Some(_) => return Err(Refused::Encoding),
    };
    match format {
        Format::Protobuf => T::decode(body).map_err(|_| Refused::Malformed),
        Format::Json => serde_json::from_slice(&body).map_err(|_| Refused::Malformed),
    }
}

/// What is in `body`, if that is not more than a message may have.
fn inflated(body: &[u8], max_bytes: usize) -> Result<Bytes, Refused> {
    let mut message = Vec::new();
    let most = u64::try_from(max_bytes).unwrap_or(u64::MAX);
    let mut reader = MultiGzDecoder::new(body).take(most.saturating_add(1));
    let read = reader.read_to_end(&mut message);
    match read.map_err(|_| Refused::Malformed)? > max_bytes {
        true => Err(Refused::TooLarge(max_bytes)),
        false => Ok(message.into()),
    }
}

#[cfg(test)]
mod tests;
