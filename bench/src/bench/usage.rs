//! What a process has used.

use std::fs;
use std::time::Duration;

/// Ticks of a second in which Linux tells processor time.
const TICKS: f64 = 100.0;

/// Processor time so far.
pub(crate) fn cpu(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = |index: usize| -> f64 {
        let field = fields.split(' ').nth(index);
        field.and_then(|it| it.parse().ok()).unwrap_or(0.0)
    };
    // User and system time, counted after the name.
    Duration::from_secs_f64((ticks(11) + ticks(12)) / TICKS)
}

/// Resident memory, now and at its peak, in MiB.
pub(crate) fn memory(pid: u32) -> (f64, f64) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let of = |name: &str| -> f64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok());
        kib.unwrap_or(0.0) / 1024.0
    };
    (of("VmRSS:"), of("VmHWM:"))
}
