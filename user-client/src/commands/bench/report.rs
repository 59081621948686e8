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
            "complete": !measured.interrupted,
            "failures": measured.failures,
            "seconds": measured.took.as_secs_f64(),
            "calls_per_second": rate,
        });
        for (name, micros) in latencies(measured) {
            object[format!("{name}_us")] = micros.into();
        }
        return console.json(&object);
    }
    console.line(&format!("{calls} calls, {rate:.0} per second"))?;
    for (code, count) in &measured.failures {
        console.line(&format!("{count} failed with {code}"))?;
    }
    for (name, micros) in latencies(measured) {
        if let Some(micros) = micros {
            console.line(&format!("{name:>6} {}", millis(micros)))?;
        }
    }
    if measured.interrupted {
        let took = measured.took.as_secs_f64();
        console.note(&format!("interrupted after {took:.1} s"));
    }
    Ok(())
}

/// The latencies that are shown, in microseconds; there is none if no call succeeded.
fn latencies(measured: &Measured) -> impl Iterator<Item = (&'static str, Option<u64>)> {
    let latencies = &measured.latencies;
    let percentiles = PERCENTILES
        .into_iter()
        .map(|(name, percent)| (name, latencies.value_at_percentile(percent)));
    let all = percentiles.chain([("max", latencies.max())]);
    all.map(|(name, micros)| (name, Some(micros).filter(|_| !latencies.is_empty())))
}

fn millis(micros: u64) -> String {
    format!("{:>9.3} ms", micros as f64 / 1_000.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use hdrhistogram::Histogram;

    use super::*;
    use crate::output::console::tests::console;

    fn failed() -> Measured {
        Measured {
            took: Duration::from_secs(2),
            latencies: Histogram::new(3).unwrap(),
            failures: BTreeMap::from([("NOT_FOUND", 7)]),
            interrupted: false,
        }
    }

    #[test]
    fn no_latency_is_shown_if_no_call_succeeded() {
        let (mut table, out, _) = console(Format::Table);
        show(&failed(), &mut table).unwrap();
        assert_eq!(
            out.text(),
            "0 calls, 0 per second\n7 failed with NOT_FOUND\n"
        );
        let (mut json, out, _) = console(Format::Json);
        show(&failed(), &mut json).unwrap();
        for name in ["p50_us", "p99.9_us", "max_us"] {
            let expected = format!("\"{name}\":null");
            assert!(out.text().contains(&expected), "{}", out.text());
        }
    }

    #[test]
    fn interrupted_load_says_when_it_ended() {
        let (mut table, _, err) = console(Format::Table);
        let measured = Measured {
            interrupted: true,
            ..failed()
        };
        show(&measured, &mut table).unwrap();
        assert_eq!(err.text(), "interrupted after 2.0 s\n");
    }
}
