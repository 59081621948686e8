//! The process: what it uses.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::metrics::Meter;

use super::rate;
use crate::names;

/// Shows the process and the rate of calls.
pub(super) fn observe(meter: &Meter) {
    let started = SystemTime::now().duration_since(UNIX_EPOCH);
    let started = started.map_or(0.0, |since| since.as_secs_f64());
    let gauge = |name, unit, meaning, read: fn() -> Option<f64>| {
        meter
            .f64_observable_gauge(name)
            .with_unit(unit)
            .with_description(meaning)
            .with_callback(move |observer| {
                if let Some(value) = read() {
                    observer.observe(value, &[]);
                }
            })
            .build()
    };
    gauge(
        names::PROCESS_MEMORY,
        "By",
        "Resident memory.",
        resident_bytes,
    );
    gauge(
        names::PROCESS_FILES,
        "{file}",
        "File descriptors in use.",
        open_files,
    );
    gauge(
        names::REQUESTS_PER_SECOND,
        "",
        "Calls started per second over the last 10 s, without health and reflection: the load to autoscale by.",
        || Some(rate::per_second()),
    );
    meter
        .f64_observable_counter(names::PROCESS_CPU)
        .with_unit("s")
        .with_description("CPU time used.")
        .with_callback(|observer| {
            if let Some(seconds) = cpu_seconds() {
                observer.observe(seconds, &[]);
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

/// Linux tells it in pages.
fn resident_bytes() -> Option<f64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as f64)
}

fn open_files() -> Option<f64> {
    // The reading itself has one open.
    Some(
        fs::read_dir("/proc/self/fd")
            .ok()?
            .count()
            .saturating_sub(1) as f64,
    )
}

/// Linux tells it in ticks: user and system time are the fields 14 and 15, counted after the name.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / rustix::param::clock_ticks_per_second() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_what_it_uses() {
        assert!(resident_bytes().is_some_and(|bytes| bytes > 1e6));
        assert!(open_files().is_some_and(|files| files >= 3.0));
        assert!(cpu_seconds().is_some_and(|seconds| (0.0..1e6).contains(&seconds)));
    }
}
