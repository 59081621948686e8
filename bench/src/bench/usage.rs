//! What a process has used.

use std::fs;
use std::time::Duration;

/// Ticks of a second in which Linux tells processor time.
const TICKS: f64 = 100.0;

/// Processor time so far, in user mode and in the kernel.
pub(crate) fn cpu(pid: u32) -> Duration {
    ticks_of(pid, 11)
}

/// The same of the processes that it started and that have ended.
pub(crate) fn cpu_of_children(pid: u32) -> Duration {
    ticks_of(pid, 13)
}

/// Two fields of times in `/proc/PID/stat`, from the one that is `first` after the name.
fn ticks_of(pid: u32, first: usize) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = |index: usize| -> f64 {
        let field = fields.split(' ').nth(index);
        field.and_then(|it| it.parse().ok()).unwrap_or(0.0)
    };
    Duration::from_secs_f64((ticks(first) + ticks(first + 1)) / TICKS)
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
