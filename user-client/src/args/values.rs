//! Values that several commands have.

use std::path::PathBuf;
use std::time::Duration;

/// The longest timeout of a call.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// A file to write to: standard output has the result, so `-` doesn't stand for it.
pub(super) fn written_file(path: PathBuf) -> Result<PathBuf, &'static str> {
    match path.as_os_str() == "-" {
        true => Err("standard output has the result of the command; name a file"),
        false => Ok(path),
    }
}

pub(crate) fn timeout(text: &str) -> Result<Duration, String> {
    let timeout = humantime::parse_duration(text)
        .map_err(|_| "write a number and a unit, such as 500ms, 10s or 1m 30s".to_owned())?;
    if timeout.is_zero() {
        return Err("write more than 0s, such as 500ms".to_owned());
    }
    if timeout > LONGEST_TIMEOUT {
        return Err("write at most 24h".to_owned());
    }
    Ok(timeout)
}
