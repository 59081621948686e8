//! Latency at a steady rate, however long the responses take: a call is timed from when it
//! should have begun, so that those which had to wait for others count in full.

use serde_json::{Value, json};

use crate::cell::{Cell, median};
use crate::contender::Contender;

/// Calls in a second: from one that leaves the machine time to one that may not be kept.
const RATES: [u32; 3] = [5_000, 20_000, 40_000];
/// Short and many: what else the machine does meets all contenders in turns.
const ROUNDS: usize = 9;

/// Puts each rate on `contenders` in turns, and shows the p99 of each beside the first's.
pub(crate) async fn compare(contenders: &mut [Contender]) -> Vec<Value> {
    let mut rows = Vec::new();
    for rate in RATES {
        println!("The same, {rate} calls a second, timed from when each should begin");
        let cells = measure(contenders, rate).await;
        let base = median(&cells[0]);
        for (contender, cells) in contenders.iter().zip(&cells) {
            rows.push(show(&contender.name, rate, &median(cells), &base));
        }
        println!();
    }
    rows
}

/// The rounds of each contender.
async fn measure(contenders: &mut [Contender], rate: u32) -> Vec<Vec<Cell>> {
    let rate = rate.to_string();
    let load = [
        "get",
        "--ids",
        "1000",
        "--duration",
        "1s",
        "--connections",
        "10",
        "--concurrency",
        "1000",
        "--rate",
        &rate,
    ];
    let mut cells = vec![Vec::new(); contenders.len()];
    for _ in 0..ROUNDS {
        for (contender, cells) in contenders.iter_mut().zip(&mut cells) {
            cells.push(contender.load(&load).await);
        }
    }
    cells
}

fn show(name: &str, rate: u32, cell: &Cell, base: &Cell) -> Value {
    let reached = cell.calls_per_second / f64::from(rate);
    let ratio = cell.p99_us / base.p99_us;
    println!(
        "{name:<34} p50 {:>7.3} ms  p99 {:>8.3} ms  p99 {ratio:.2}×  {:.0} % of the rate reached{}",
        cell.p50_us / 1e3,
        cell.p99_us / 1e3,
        reached * 100.0,
        cell.failed(),
    );
    json!({
        "row": name,
        "rate": rate,
        "rounds": ROUNDS,
        "cell": cell.json(),
        "p99_ratio": ratio,
        "reached": reached,
    })
}
