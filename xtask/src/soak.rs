//! `cargo xtask soak`: everything at once, for hours.

use crate::{Result, chaos, install};

/// For how long, and what.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How long it takes
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
    /// Calls a second
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
    /// The seed of another run, to repeat its faults
    #[arg(long)]
    seed: Option<u64>,
}

/// Builds optimised programs and runs the one test that does all this, in its longest size.
pub(crate) fn run(options: &Options) -> Result {
    install::ensure_servers()?;
    chaos::build(true)?;
    let mut tests = chaos::tests(&["faults"], true, options.seed)?;
    tests
        .arg("soak::")
        .env("SOAK_MINUTES", options.minutes.to_string())
        .env("SOAK_RATE", options.rate.to_string());
    chaos::figures(&mut tests)
}
