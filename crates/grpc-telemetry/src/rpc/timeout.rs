//! The header of a deadline, by the [gRPC protocol]: 1 to 8 digits and a unit; and whether
//! a call was given up at its deadline.
//!
//! [gRPC protocol]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md

use std::time::Duration;

use http::{HeaderMap, HeaderName};

/// How much earlier than the server a caller may notice the deadline: a tenth of its time
/// within these bounds, as its clock starts before the request has arrived.
const SHORTEST_LEAD: Duration = Duration::from_millis(10);
const LONGEST_LEAD: Duration = Duration::from_millis(100);

/// A name that is parsed once: to make one of a text takes longer than to look it up.
static HEADER: HeaderName = HeaderName::from_static("grpc-timeout");

/// A header `grpc-timeout` that says no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header grpc-timeout is malformed or repeated")]
pub struct MalformedTimeout;

/// The time that the caller gives a call, from its header `grpc-timeout`; none without the
/// header, or with one that is malformed or repeated.
pub fn timeout_of(headers: &HeaderMap) -> Option<Duration> {
    read_timeout(headers).ok().flatten()
}

/// The time that the caller gives a call, if it gives one.
///
/// # Errors
/// When the header says no time, or there are several.
pub fn read_timeout(headers: &HeaderMap) -> Result<Option<Duration>, MalformedTimeout> {
    // There are few headers: to look at each takes less than to hash the name.
    let mut values = headers.iter().filter(|(name, _)| **name == HEADER);
    let Some((_, value)) = values.next() else {
        return Ok(None);
    };
    let alone = values.next().is_none();
    let text = value.to_str().ok().filter(|_| alone);
    text.and_then(parse).map(Some).ok_or(MalformedTimeout)
}

/// Whether a call with `timeout` that its caller gave up after `took` was given up at its deadline.
pub(super) fn has_passed(timeout: Duration, took: Duration) -> bool {
    let lead = (timeout / 10).clamp(SHORTEST_LEAD, LONGEST_LEAD);
    took + lead >= timeout
}

fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let valid = (1..=8).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
    let number: u64 = digits.parse().ok().filter(|_| valid)?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn each_unit_is_understood() {
        assert_eq!(parse("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(parse("3M"), Some(Duration::from_secs(180)));
        assert_eq!(parse("4S"), Some(Duration::from_secs(4)));
        assert_eq!(parse("5m"), Some(Duration::from_millis(5)));
        assert_eq!(parse("6u"), Some(Duration::from_micros(6)));
        assert_eq!(parse("99999999n"), Some(Duration::from_nanos(99_999_999)));
    }

    #[test]
    fn a_call_that_is_given_up_just_before_its_deadline_is_late() {
        let timeout = Duration::from_millis(400);
        assert!(has_passed(timeout, Duration::from_millis(395)));
        assert!(has_passed(timeout, timeout));
        assert!(!has_passed(timeout, Duration::from_millis(300)));
        assert!(!has_passed(timeout * 100, timeout * 99));
    }

    #[test]
    fn a_malformed_timeout_is_none() {
        for text in ["", "S", "1", "1s", "-1S", "1.5S", "123456789S", "1é", "+1S"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_repeated_timeout_is_malformed() {
        let mut headers = HeaderMap::new();
        assert_eq!(read_timeout(&headers), Ok(None));
        headers.append(&HEADER, HeaderValue::from_static("1S"));
        assert_eq!(read_timeout(&headers), Ok(Some(Duration::from_secs(1))));
        headers.append(&HEADER, HeaderValue::from_static("1S"));
        assert_eq!(read_timeout(&headers), Err(MalformedTimeout));
        assert_eq!(timeout_of(&headers), None);
    }
}
