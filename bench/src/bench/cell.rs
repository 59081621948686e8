//! One measurement.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

/// What a load of some seconds came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) calls_per_second: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// Processor time of the service for a call, in microseconds.
    pub(crate) cpu_us: f64,
    /// Calls that went well.
    pub(crate) calls: f64,
    pub(crate) failures: f64,
}

impl Cell {
    /// From what user-client says in `figures`, and the time that the service `used`.
    pub(crate) fn new(figures: &Value, used: Duration) -> Self {
        let number = |name: &str| figures[name].as_f64().unwrap_or(0.0);
        let failures = figures["failures"].as_object().into_iter().flatten();
        Self {
            calls_per_second: number("calls_per_second"),
            p50_us: number("p50_us"),
            p99_us: number("p99_us"),
            cpu_us: used.as_secs_f64() * 1e6 / number("calls").max(1.0),
            calls: number("calls"),
            failures: failures.filter_map(|(_, count)| count.as_f64()).sum(),
        }
    }

    /// Calls that failed, as the end of a line; nothing if none did.
    pub(crate) fn failed(&self) -> String {
        match self.failures {
            0.0 => String::new(),
            failures => format!("  {failures} FAILURES"),
        }
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "calls_per_second": self.calls_per_second,
            "p50_us": self.p50_us,
            "p99_us": self.p99_us,
            "cpu_us_per_call": self.cpu_us,
            "failures": self.failures,
        })
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:>8.0} calls/s  p50 {:>7.3} ms  p99 {:>8.3} ms  {:>5.1} µs CPU/call",
            self.calls_per_second,
            self.p50_us / 1e3,
            self.p99_us / 1e3,
            self.cpu_us,
        )?;
        formatter.write_str(&self.failed())
    }
}

/// The median of each figure.
pub(crate) fn median(cells: &[Cell]) -> Cell {
    let of = |figure: fn(&Cell) -> f64| median_of(cells.iter().map(figure));
    Cell {
        calls_per_second: of(|cell| cell.calls_per_second),
        p50_us: of(|cell| cell.p50_us),
        p99_us: of(|cell| cell.p99_us),
        cpu_us: of(|cell| cell.cpu_us),
        calls: of(|cell| cell.calls),
        failures: cells.iter().map(|cell| cell.failures).sum(),
    }
}

/// The median of `figures`.
pub(crate) fn median_of(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
