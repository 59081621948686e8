//! The header of a deadline: at most 8 digits and a unit.

use std::time::Duration;

const MOST_DIGITS: u128 = 99_999_999;

/// `left` in the finest unit that has room for it.
pub(super) fn format(left: Duration) -> String {
    match (left.as_micros(), left.as_millis(), left.as_secs()) {
        (micros, _, _) if micros <= MOST_DIGITS => format!("{micros}u"),
        (_, millis, _) if millis <= MOST_DIGITS => format!("{millis}m"),
        (_, _, seconds) => format!("{}S", u128::from(seconds).min(MOST_DIGITS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_time_fits() {
        assert_eq!(format(Duration::ZERO), "0u");
        assert_eq!(format(Duration::from_millis(1500)), "1500000u");
        assert_eq!(format(Duration::from_secs(100)), "100000m");
        assert_eq!(format(Duration::from_secs(86_400 * 2)), "172800S");
        assert_eq!(format(Duration::MAX), "99999999S");
    }
}
