//! The process: what it uses.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use super::rate;
use crate::names;

/// Shows the process and the rate of calls.
pub(super) fn observe(meter: &Meter) {
    let started = SystemTime::now().duration_since(UNIX_EPOCH);
    let started = started.map_or(0.0, |since| since.as_secs_f64());
    let count = |name, unit, meaning, read: fn() -> Option<i64>| {
        meter
            .i64_observable_up_down_counter(name)
            .with_unit(unit)
            .with_description(meaning)
            .with_callback(move |observer| {
                if let Some(value) = read() {
                    observer.observe(value, &[]);
                }
            })
            .build()
    };
    count(
        names::PROCESS_MEMORY,
        "By",
        "Resident memory.",
        resident_bytes,
    );
    count(
        names::PROCESS_FILES,
        "{file_descriptor}",
        "File descriptors in use.",
        open_files,
    );
    meter
        .f64_observable_gauge(names::REQUESTS_PER_SECOND)
        .with_description("Calls started per second over the last 10 s, without health and reflection: the load to autoscale by.")
        .with_callback(|observer| observer.observe(rate::per_second(), &[]))
        .build();
    meter
        .f64_observable_counter(names::PROCESS_CPU)
        .with_unit("s")
        .with_description("CPU time used.")
        .with_callback(|observer| {
            let Some(used) = CpuTime::now() else { return };
            for (mode, seconds) in [("user", used.user), ("system", used.system)] {
                observer.observe(seconds, &[KeyValue::new(names::CPU_MODE, mode)]);
            }
        })
        .build();
    meter
        .f64_observable_gauge(names::PROCESS_START)
        .with_unit("s")
        .with_description("Start time of the process, in Unix time.")
        .with_callback(move |observer| observer.observe(started, &[]))
        .build();
}

/// Linux reports it in pages.
fn resident_bytes() -> Option<i64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: i64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as i64)
}

fn open_files() -> Option<i64> {
    let open = fs::read_dir("/proc/self/fd").ok()?.count();
    // The reading itself has one open.
    i64::try_from(open.saturating_sub(1)).ok()
}

/// Processor time in seconds.
#[derive(Debug)]
struct CpuTime {
    user: f64,
    system: f64,
}

impl CpuTime {
    /// Linux reports it in ticks: user and system time are the fields 14 and 15 of the line.
    fn now() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        let fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
        let mut ticks = fields.map(|field| field.parse::<f64>().ok());
        let per_second = rustix::param::clock_ticks_per_second() as f64;
        Some(Self {
            user: ticks.next()?? / per_second,
            system: ticks.next()?? / per_second,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_what_it_uses() {
        assert!(resident_bytes().is_some_and(|bytes| bytes > 1_000_000));
        assert!(open_files().is_some_and(|files| files >= 3));
        let used = CpuTime::now().map(|it| it.user + it.system);
        assert!(used.is_some_and(|seconds| (0.0..1e6).contains(&seconds)));
    }
}
