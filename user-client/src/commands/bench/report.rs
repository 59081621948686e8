//! What was measured, as a table or as JSON.

use serde_json::json;

use super::load::Measured;
use crate::args::Format;
use crate::failure::Failure;
use crate::output::console::Console;

/// The shares of calls whose latency is shown, in percent.
const PERCENTILES: [(&str, f64); 4] =
    [("p50", 50.0), ("p90", 90.0), ("p99", 99.0), ("p99.9", 99.9)];

/// Shows `measured`.
///
/// # Errors
/// When standard output can't be written to.
pub(super) fn show(measured: &Measured, console: &mut Console) -> Result<(), Failure> {
    let calls = measured.latencies.len();
    let rate = calls as f64 / measured.took.as_secs_f64().max(f64::EPSILON);
    if console.format() == Format::Json {
        let mut object = json!({
            "calls": calls,
            "failures": measured.failures,
            "seconds": measured.took.as_secs_f64(),
            "calls_per_second": rate,
            "max_us": measured.latencies.max(),
        });
        for (name, percent) in PERCENTILES {
            object[format!("{name}_us")] = measured.latencies.value_at_percentile(percent).into();
        }
        return console.json(&object);
    }
    console.line(&format!("{calls} calls, {rate:.0} per second"))?;
    for (code, count) in &measured.failures {
        console.line(&format!("{count} failed with {code}"))?;
    }
    for (name, percent) in PERCENTILES {
        let micros = measured.latencies.value_at_percentile(percent);
        console.line(&format!("{name:>6} {}", millis(micros)))?;
    }
    console.line(&format!(
        "{:>6} {}",
        "max",
        millis(measured.latencies.max())
    ))
}

fn millis(micros: u64) -> String {
    format!("{:>9.3} ms", micros as f64 / 1_000.0)
}
