//! Durations.

use std::time::Duration;

/// The longest duration of any setting.
const LONGEST_TIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Limited, so that adding it to the time of day can't overflow.
pub(super) fn parse_time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text)
        .map_err(|_| "write a number and a unit, such as 500ms, 30s or 5m".to_owned())?;
    match time <= LONGEST_TIME {
        true => Ok(time),
        false => Err("write at most a year".to_owned()),
    }
}
