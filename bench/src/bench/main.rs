//! `bench`: what a call costs, in all the ways in which one is made. It is
//! started by `cargo xtask bench`, on throw-away servers and optimised programs.

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a measurement that can't be made ends the run"
)]

mod cell;
mod contender;
mod h2load;
mod host;
mod peers;
mod programs;
mod rows;
mod spans;
mod usage;
mod valgrind;

use std::process::ExitCode;

use serde_json::json;

#[tokio::main]
async fn main() -> ExitCode {
    let only = std::env::args().nth(1);
    let wanted = |name: &str| {
        let only = only.as_deref();
        only.is_none_or(|only| only.split(',').any(|only| name.contains(only)))
    };
    let mut figures = Vec::new();
    println!("{}\n", host::describe());
    if wanted("tonic") {
        figures.extend(rows::tonic::run().await);
    }
    if wanted("tracing") {
        figures.extend(rows::tracing::run().await);
    }
    if wanted("h2load") {
        figures.extend(rows::h2load::run().await);
    }
    if wanted("peers") {
        figures.extend(rows::peers::run().await);
    }
    if wanted("kitex") {
        figures.extend(rows::kitex::run().await);
    }
    if wanted("gateway") {
        figures.extend(rows::gateway::run().await);
    }
    if wanted("stores") {
        figures.extend(rows::stores::run().await);
    }
    if wanted("import") {
        figures.extend(rows::import::run().await);
    }
    if wanted("streams") {
        figures.extend(rows::streams::run().await);
    }
    if wanted("growth") {
        figures.extend(rows::growth::run().await);
    }
    if wanted("idle") {
        figures.extend(rows::idle::run().await);
    }
    if wanted("overload") {
        figures.extend(rows::overload::run().await);
    }
    if wanted("start") {
        figures.extend(rows::start::run().await);
    }
    if wanted("instructions") {
        figures.extend(rows::instructions::run().await);
    }
    if wanted("allocations") {
        figures.extend(rows::allocations::run().await);
    }
    if wanted("copies") {
        figures.extend(rows::copies::run().await);
    }
    let written = json!({"host": host::describe(), "figures": figures}).to_string();
    match std::fs::write("target/bench.json", written) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: cannot write target/bench.json: {error}");
            ExitCode::FAILURE
        }
    }
}
