//! Sizes, seeds and reports.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::OnceLock;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;

/// Whether this is a run of `cargo xtask chaos`.
pub fn is_long() -> bool {
    std::env::var("CHAOS").is_ok_and(|value| value == "long")
}

/// The quick size, or the long one.
pub fn size<T>(quick: T, long: T) -> T {
    match is_long() {
        true => long,
        false => quick,
    }
}

/// Randomness that a run with the same `CHAOS_SEED` has again.
///
/// # Panics
/// If that is no number.
pub fn random() -> StdRng {
    static SEED: OnceLock<u64> = OnceLock::new();
    let seed = *SEED.get_or_init(|| {
        let given = std::env::var("CHAOS_SEED").ok();
        let seed = given.map_or_else(rand::random, |seed| {
            seed.parse().expect("CHAOS_SEED is a number")
        });
        println!("CHAOS_SEED={seed}");
        seed
    });
    StdRng::seed_from_u64(seed)
}

/// Reports the figure for a row of the table in docs/measurements/reliability.md.
///
/// # Panics
/// If the file that `CHAOS_REPORT` names can't be written.
pub fn report(row: u32, figure: &str) {
    append(&format!("{row} | {figure}\n"));
}

/// Appends a line to the report.
pub(crate) fn append(line: &str) {
    print!("reached: {line}");
    let Ok(path) = std::env::var("CHAOS_REPORT") else {
        return;
    };
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .expect("CHAOS_REPORT names a file");
    file.write_all(line.as_bytes())
        .expect("the report can be written");
}

/// Polls `reached` until it is true.
///
/// # Panics
/// If that takes longer than `limit`.
pub async fn eventually(what: &str, limit: Duration, mut reached: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !reached().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(limit, waiting).await.is_err() {
        panic!("not within {limit:?}: {what}");
    }
}
