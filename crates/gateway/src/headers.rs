//! What the headers of a request say.

use std::time::Duration;

use grpc_telemetry::rpc::timeout_of;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName};
use tokio::time::Instant;

use crate::fields::InvalidField;

/// The deadline by gRPC's own syntax, such as `1500m`.
const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
/// The deadline as a number of seconds, such as `1.5`, or with a unit, such as `1500ms`.
const REQUEST_TIMEOUT: HeaderName = HeaderName::from_static("x-request-timeout");
/// The deadline by Connect's syntax: milliseconds.
const CONNECT_TIMEOUT: HeaderName = HeaderName::from_static("connect-timeout-ms");
/// What makes a repeat of the request safe.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Headers that must not be there twice: two readers could take two values.
const SINGLE: [HeaderName; 7] = [
    AUTHORIZATION,
    CONTENT_TYPE,
    CONTENT_ENCODING,
    GRPC_TIMEOUT,
    CONNECT_TIMEOUT,
    REQUEST_TIMEOUT,
    IDEMPOTENCY_KEY,
];
/// The longest deadline; a longer one is as good as none.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// When a call has to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(pub(crate) Instant);

impl Deadline {
    /// The deadline of a request that has `timeout` from now on.
    pub(crate) fn after(timeout: Duration) -> Self {
        Self(Instant::now() + timeout.min(LONGEST_TIMEOUT))
    }

    /// The time that is left.
    pub(crate) fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// Checks that no header with an effect on the call appears more than once.
///
/// # Errors
/// With the name of one that is there twice.
pub(crate) fn check_single(headers: &HeaderMap) -> Result<(), InvalidField> {
    let repeated = |name: &&HeaderName| headers.get_all(*name).iter().nth(1).is_some();
    match SINGLE.iter().find(repeated) {
        Some(name) => Err(InvalidField::new(
            name.as_str(),
            "the header appears more than once",
        )),
        None => Ok(()),
    }
}

/// The time that the caller gives the request, if it says one.
///
/// # Errors
/// When a header says no time, or two of them say one.
pub(crate) fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, InvalidField> {
    let refused = |name: HeaderName, reason| Err(InvalidField::new(name.as_str(), reason));
    match (headers.get(GRPC_TIMEOUT), headers.get(REQUEST_TIMEOUT)) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => refused(GRPC_TIMEOUT, "x-request-timeout is given too"),
        (Some(_), None) => match timeout_of(headers) {
            Some(timeout) => Ok(Some(timeout)),
            None => refused(
                GRPC_TIMEOUT,
                "it must be at most 8 digits and a unit, such as 1500m",
            ),
        },
        (None, Some(value)) => match value.to_str().ok().and_then(seconds) {
            Some(timeout) if !timeout.is_zero() => Ok(Some(timeout)),
            _ => refused(
                REQUEST_TIMEOUT,
                "it must be a time, such as 1.5 (seconds) or 1500ms",
            ),
        },
    }
}

/// The time that a caller of Connect gives the call, if it says one.
///
/// # Errors
/// When the header says no time.
pub(crate) fn connect_timeout(headers: &HeaderMap) -> Result<Option<Duration>, InvalidField> {
    let Some(value) = headers.get(CONNECT_TIMEOUT) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let is_valid = (1..=10).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    let millis = text.parse().ok().filter(|_| is_valid);
    let reason = "it must be at most 10 digits: milliseconds";
    let invalid = || InvalidField::new(CONNECT_TIMEOUT.as_str(), reason);
    millis
        .map(|millis| Some(Duration::from_millis(millis)))
        .ok_or_else(invalid)
}

fn seconds(text: &str) -> Option<Duration> {
    let is_number = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    match is_number {
        true => Duration::try_from_secs_f64(text.parse().ok()?).ok(),
        false => humantime::parse_duration(text).ok(),
    }
}

/// What makes a repeat of the request safe, without the quotes that the draft of the header has.
///
/// # Errors
/// When it is empty or not ASCII.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, InvalidField> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let quoted = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    match quoted.unwrap_or(text) {
        "" => Err(InvalidField::new(
            IDEMPOTENCY_KEY.as_str(),
            "it must be a key",
        )),
        key => Ok(Some(key)),
    }
}

/// The media type of the body without its parameters, in lower case; empty if there is none.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// Whether the body is compressed, or otherwise encoded.
pub(crate) fn is_encoded(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_ENCODING);
    value.is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

#[cfg(test)]
mod tests;
