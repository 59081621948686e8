//! The rows, by what they compare.

pub(crate) mod stores;
pub(crate) mod streams;
pub(crate) mod tracing;

use serde_json::Value;
use testkit::{UserService, user_client};

use crate::usage;

/// Rounds of each row, interleaved; what is shown is the median.
pub(crate) const ROUNDS: usize = 3;

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) calls_per_second: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// Processor time of the service for a call, in microseconds.
    pub(crate) cpu_us: f64,
    pub(crate) failures: usize,
}

/// Lets user-client put load on `service`.
pub(crate) async fn load(service: &mut UserService, arguments: &[&str]) -> Cell {
    let pid = service.process().pid();
    let before = usage::cpu(pid);
    let variables = [("USER_SERVICE", service.grpc_url())];
    let arguments = [&["--output", "json", "bench"], arguments].concat();
    let output = user_client(&arguments, &variables).await;
    let used = usage::cpu(pid).saturating_sub(before);
    let figures: Value = serde_json::from_str(&output.stdout)
        .unwrap_or_else(|_| panic!("user-client bench failed: {output:?}"));
    let number = |name: &str| figures[name].as_f64().unwrap_or(0.0);
    Cell {
        calls_per_second: number("calls_per_second"),
        p50_us: number("p50_us"),
        p99_us: number("p99_us"),
        cpu_us: used.as_secs_f64() * 1e6 / number("calls").max(1.0),
        failures: figures["failures"]
            .as_object()
            .map_or(0, serde_json::Map::len),
    }
}

/// The median of each figure.
pub(crate) fn median(cells: &[Cell]) -> Cell {
    let of = |figure: fn(&Cell) -> f64| {
        let mut figures: Vec<f64> = cells.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    Cell {
        calls_per_second: of(|cell| cell.calls_per_second),
        p50_us: of(|cell| cell.p50_us),
        p99_us: of(|cell| cell.p99_us),
        cpu_us: of(|cell| cell.cpu_us),
        failures: cells.iter().map(|cell| cell.failures).sum(),
    }
}

/// Prints a row and answers it for the file.
pub(crate) fn show(name: &str, cell: Cell, more: &str) -> Value {
    println!(
        "{name:<34} {:>9.0} calls/s  p50 {:>7.3} ms  p99 {:>8.3} ms  {:>6.1} µs CPU/call{}{more}",
        cell.calls_per_second,
        cell.p50_us / 1e3,
        cell.p99_us / 1e3,
        cell.cpu_us,
        if cell.failures > 0 { "  FAILURES" } else { "" },
    );
    serde_json::json!({
        "row": name,
        "calls_per_second": cell.calls_per_second,
        "p50_us": cell.p50_us,
        "p99_us": cell.p99_us,
        "cpu_us_per_call": cell.cpu_us,
        "failures": cell.failures,
    })
}
