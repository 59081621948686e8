//! Sizes, seeds and reports.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::OnceLock;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;

/// Whether this is a run of `cargo xtask chaos`.
pub(crate) fn is_long() -> bool {
    std::env::var("CHAOS").is_ok_and(|value| value == "long")
}

/// The quick size, or the long one.
pub(crate) fn size<T>(quick: T, long: T) -> T {
    match is_long() {
        true => long,
        false => quick,
    }
}

/// Randomness that a run with the same `CHAOS_SEED` has again.
pub(crate) fn random() -> StdRng {
    static SEED: OnceLock<u64> = OnceLock::new();
    let seed = *SEED.get_or_init(|| {
        let given = std::env::var("CHAOS_SEED").ok();
        let seed = given.map_or_else(rand::random, |seed| seed.parse().unwrap());
        println!("CHAOS_SEED={seed}");
        seed
    });
    StdRng::seed_from_u64(seed)
}

/// Says which figure a row of the table in docs/reliability.md has reached.
pub(crate) fn report(row: u32, figure: &str) {
    let line = format!("{row} | {figure}\n");
    print!("reached: {line}");
    let Ok(path) = std::env::var("CHAOS_REPORT") else {
        return;
    };
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .unwrap();
    file.write_all(line.as_bytes()).unwrap();
}

/// Asks `reached` again and again until it is true.
pub(crate) async fn eventually(
    what: &str,
    limit: Duration,
    mut reached: impl AsyncFnMut() -> bool,
) {
    let waiting = async {
        while !reached().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(limit, waiting).await.is_err() {
        panic!("not within {limit:?}: {what}");
    }
}
