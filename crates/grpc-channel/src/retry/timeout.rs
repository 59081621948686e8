//! The header of a deadline: at most 8 digits and a unit.

use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;

use super::TIMEOUT;

const MOST_DIGITS: u128 = 99_999_999;

/// `left` in the finest unit that has room for it.
pub(super) fn format(left: Duration) -> String {
    match (left.as_micros(), left.as_millis(), left.as_secs()) {
        (micros, _, _) if micros <= MOST_DIGITS => format!("{micros}u"),
        (_, millis, _) if millis <= MOST_DIGITS => format!("{millis}m"),
        (_, _, seconds) => format!("{}S", u128::from(seconds).min(MOST_DIGITS)),
    }
}

/// When a call with these headers that is made now ends; none without the header or with
/// a malformed one.
pub(super) fn deadline(headers: &HeaderMap) -> Option<Instant> {
    let timeout = parse(headers.get(TIMEOUT)?.to_str().ok()?)?;
    Instant::now().checked_add(timeout)
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
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for time in [
            Duration::ZERO,
            Duration::from_micros(1),
            Duration::from_millis(100_001),
            Duration::from_secs(86_400 * 2),
        ] {
            assert_eq!(parse(&format(time)), Some(time));
        }
        assert_eq!(parse("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(parse("3M"), Some(Duration::from_secs(180)));
        assert_eq!(parse("7n"), Some(Duration::from_nanos(7)));
    }

    #[test]
    fn a_malformed_timeout_is_none() {
        for text in ["", "S", "1", "1s", "-1S", "1.5S", "123456789S", "1é", "+1S"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn any_time_fits() {
        assert_eq!(format(Duration::ZERO), "0u");
        assert_eq!(format(Duration::from_millis(1500)), "1500000u");
        assert_eq!(format(Duration::from_secs(100)), "100000m");
        assert_eq!(format(Duration::from_secs(86_400 * 2)), "172800S");
        assert_eq!(format(Duration::MAX), "99999999S");
    }
}
