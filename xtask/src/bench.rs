//! `cargo xtask bench`: what calls cost, on this machine and in this run.

mod older;

use std::path::Path;

use crate::{Result, child, install};

/// The figures that need a program of their own.
const ALLOCATIONS: &str = "allocations";
/// Tells the bench the folder of the older programs.
const OLDER: &str = "BENCH_OLDER";

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only these figures, separated by commas: tonic, tracing, h2load, peers, kitex, gateway, stores, import, streams, growth, idle, overload, start, instructions, allocations or copies
    #[arg(long, value_name = "FIGURES")]
    only: Option<String>,
    /// Also the programs of this older revision (a commit, tag or branch), in turns with today's: in
    /// h2load, stores, import, growth, idle, start, instructions, allocations and copies
    #[arg(long, value_name = "REVISION")]
    against: Option<String>,
}

/// Builds optimised programs, measures, and prints the figures; target/bench.json has them too.
pub(crate) fn run(options: &Options) -> Result {
    install::ensure_servers()?;
    child::run(child::cargo().args(["build", "--workspace", "--bins", "--release", "--locked"]))?;
    let counts_allocations = options
        .only
        .as_deref()
        .is_none_or(|only| only.split(',').any(|only| ALLOCATIONS.contains(only)));
    if counts_allocations {
        build_on_the_allocator_of_the_system()?;
    }
    let older = options.against.as_deref();
    let older = older.map(|revision| older::build(revision, counts_allocations));
    let older = older.transpose()?;
    let servers = child::built_release("test-servers")?;
    let mut bench = child::in_workspace(servers);
    bench
        // A durable row waits for the disk, which a group of them does once.
        .env("TEST_FSYNC", "on")
        .arg(child::built_release("bench")?)
        .envs(older.map(|folder| (OLDER, folder)))
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
