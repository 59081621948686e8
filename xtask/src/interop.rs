//! `cargo xtask interop`: the pair beside other implementations of gRPC, in gRPC's own
//! interoperability cases and in streams of small messages; and HTTP/2 by h2spec.

mod peers;
mod web;

use std::path::Path;
use std::process::Command;

use self::peers::{Build, Variable};
use crate::{Result, child, install};

/// How to run them.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Calls of the soak
    #[arg(long, default_value_t = 1_000, value_name = "NUMBER")]
    soak: u32,
    /// Messages of a stream; at most 100,000, the rows that one CreateUsers may have
    #[arg(long, default_value_t = 20_000, value_name = "NUMBER",
          value_parser = clap::value_parser!(u32).range(4..=100_000))]
    messages: u32,
    /// Only Kitex, whose clients speak Thrift and Kitex Protobuf
    #[arg(long)]
    kitex: bool,
    /// Only the gateway: the Connect conformance suite, connect-es, OpenAPI's tools and Chromium
    #[arg(long, conflicts_with = "kitex")]
    gateway: bool,
    /// Only the tests whose names contain this
    #[arg(long, value_name = "TEST")]
    only: Option<String>,
}

/// Builds the programs of others into a folder that is removed afterwards, and runs all with
/// them. Says why one is left out.
pub(crate) fn run(options: &Options) -> Result {
    install::ensure_servers()?;
    child::run(child::cargo().args(["build", "--workspace", "--bins", "--locked"]))?;
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let variables = built(folder.path(), options);
    let group = match (options.kitex, options.gateway) {
        (true, _) => Some("kitex::"),
        (_, true) => Some("web::"),
        (false, false) => None,
    };
    let mut tests = tests()?;
    tests
        .args(options.only.as_deref().or(group))
        .arg("--nocapture")
        .env("SOAK", options.soak.to_string())
        .env("INTEROP_MESSAGES", options.messages.to_string())
        .envs(variables);
    child::run(&mut tests)
}

/// Runs those with Kitex that take less than a minute together, for `cargo xtask test`. Says why
/// they are left out where there is no Go, or no module proxy.
pub(crate) fn quick() -> Result {
    if let Err(why) = peers::fetch_kitex() {
        eprintln!("    skipped: the tests with Kitex's own programs ({why})");
        return Ok(());
    }
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    println!(
        "building Kitex's programs with Go (the first time takes minutes, later ones seconds)"
    );
    let variables = peers::kitex(folder.path())?;
    let mut tests = tests()?;
    tests
        .args(["kitex::", "--skip", "kitex::rolling::"])
        .envs(variables);
    child::run(&mut tests)
}

/// The tests; arguments of theirs may follow.
fn tests() -> Result<Command> {
    let mut tests = child::in_workspace(child::built("test-servers")?);
    tests
        .arg(child::cargo().get_program())
        .args(["test", "--locked", "--workspace", "--test", "interop", "--"])
        .args(["--ignored", "--test-threads=1"]);
    Ok(tests)
}

/// The programs to build, by their names.
fn chosen(options: &Options) -> Vec<(&'static str, Build)> {
    let all = peers::ALL.into_iter().chain(web::ALL);
    match (options.kitex, options.gateway) {
        (true, _) => all.filter(|(name, _)| *name == peers::KITEX).collect(),
        (_, true) => web::ALL.to_vec(),
        (false, false) => all.collect(),
    }
}

/// Variables that name the programs that could be built, for the tests.
fn built(folder: &Path, options: &Options) -> Vec<Variable> {
    let mut variables = Vec::new();
    for (name, build) in chosen(options) {
        println!("building {name} (the first time takes minutes, later ones seconds)");
        match build(folder) {
            Ok(built) => variables.extend(built),
            Err(why) => println!("without {name}: {why}"),
        }
    }
    variables
}
