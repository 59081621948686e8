//! `cargo xtask bench`: what calls cost, on this machine and in this run.

use std::path::Path;

use crate::{Result, child, install};

/// The figures that need a program of their own.
const ALLOCATIONS: &str = "allocations";

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only these figures: tonic, tracing, h2load, peers, kitex, gateway, stores, streams, growth, idle, overload, start, instructions, allocations or copies
    #[arg(long, value_name = "FIGURES")]
    only: Option<String>,
}

/// Builds optimised programs, measures, and prints the figures; target/bench.json has them too.
pub(crate) fn run(options: &Options) -> Result {
    install::ensure_servers()?;
    child::run(child::cargo().args(["build", "--workspace", "--bins", "--release", "--locked"]))?;
    if options
        .only
        .as_deref()
        .is_none_or(|only| ALLOCATIONS.contains(only))
    {
        build_on_the_allocator_of_the_system()?;
    }
    let servers = child::built_release("test-servers")?;
    let mut bench = child::in_workspace(servers);
    bench
        // A durable row waits for the disk, which a group of them does once.
        .env("TEST_FSYNC", "on")
        .arg(child::built_release("bench")?)
        .args(options.only.iter());
    child::run(&mut bench)
}

/// user-service without an allocator of its own, whose allocations valgrind can count.
fn build_on_the_allocator_of_the_system() -> Result {
    let bench = child::built_release("bench")?;
    let Some(target) = bench.parent().and_then(Path::parent) else {
        return Err(format!("{} is in no folder of cargo", bench.display()));
    };
    let mut build = child::cargo();
    build
        .args([
            "build",
            "--package",
            "user-service",
            "--no-default-features",
        ])
        .args(["--release", "--locked", "--target-dir"])
        .arg(target.join("system-allocator"));
    child::run(&mut build)
}
