//! The header of a deadline: at most 8 digits and a unit.

use std::time::Duration;

use grpc_telemetry::rpc::timeout_of;
use http::HeaderMap;
use tokio::time::Instant;

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
    Instant::now().checked_add(timeout_of(headers)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retry::TIMEOUT;

    #[test]
    fn what_is_written_is_read() {
        for time in [
            Duration::ZERO,
            Duration::from_micros(1),
            Duration::from_millis(100_001),
            Duration::from_secs(86_400 * 2),
        ] {
            let header = (TIMEOUT, format(time).parse().unwrap());
            assert_eq!(timeout_of(&HeaderMap::from_iter([header])), Some(time));
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
