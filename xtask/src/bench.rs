//! `cargo xtask bench`: what calls cost, on this machine and in this run.

use crate::{Result, child, install};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only these figures: tonic, tracing, peers, stores, streams, growth, idle, start or instructions
    #[arg(long, value_name = "FIGURES")]
    only: Option<String>,
}

/// Builds optimised programs, measures, and prints the figures; target/bench.json has them too.
pub(crate) fn run(options: &Options) -> Result {
    install::ensure_servers()?;
    child::run(child::cargo().args(["build", "--workspace", "--bins", "--release", "--locked"]))?;
    let servers = child::built_release("test-servers")?;
    let mut bench = child::in_workspace(servers);
    bench
        // A durable row waits for the disk, which a group of them does once.
        .env("TEST_FSYNC", "on")
        .arg(child::built_release("bench")?)
        .args(options.only.iter());
    child::run(&mut bench)
}
