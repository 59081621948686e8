//! `cargo xtask test`: everything that has to hold before a change goes in.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Result, child, contract, deployment, install, interop};

type Step<'a> = (&'static str, Box<dyn Fn() -> Result + 'a>);

/// Runs the steps in order and stops at the first that fails. `arguments` go to `cargo test`.
pub(crate) fn run(arguments: &[String]) -> Result {
    let started = Instant::now();
    for (name, step) in steps(arguments) {
        eprintln!("==> {name}");
        step().map_err(|message| {
            format!(
                "step \"{name}\" failed after {}: {message}",
                seconds(started.elapsed())
            )
        })?;
    }
    eprintln!("==> all passed in {}", seconds(started.elapsed()));
    Ok(())
}

/// The servers come first, as they are what a new machine lacks; then the cheap checks.
fn steps(arguments: &[String]) -> Vec<Step<'_>> {
    vec![
        ("PostgreSQL, Redis, etcd and nginx", Box::new(servers)),
        ("formatting", Box::new(formatting)),
        ("lints", Box::new(lints)),
        ("features", Box::new(features)),
        ("documentation", Box::new(documentation)),
        ("build", Box::new(build)),
        ("contract", Box::new(contract::check)),
        ("deployment files", Box::new(deployment::check)),
        ("tests", Box::new(|| tests(arguments))),
        ("Kitex", Box::new(interop::quick)),
        ("dependencies", Box::new(dependencies)),
    ]
}

fn servers() -> Result {
    install::ensure_servers()?;
    if let Err(why) = install::ensure_pgbouncer() {
        eprintln!("    skipped: the tests of poolers, as there is no PgBouncer ({why})");
    }
    Ok(())
}

fn cargo(arguments: &[&str]) -> Result {
    child::run(child::cargo().args(arguments))
}

fn formatting() -> Result {
    cargo(&["fmt", "--all", "--check"])
}

/// Tests start the programs, and `cargo test` alone doesn't build them for other crates' tests.
fn build() -> Result {
    cargo(&["build", "--workspace", "--bins", "--locked"])
}

fn lints() -> Result {
    cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ])
}

/// Each feature of grpc-telemetry compiles by itself and without warnings, and so does none of them.
fn features() -> Result {
    let features = [
        "",
        "config-file",
        "http",
        "kitex",
        "logs",
        "metrics",
        "tail-sampling",
        "receiver",
    ];
    for feature in features {
        cargo(&[
            "clippy",
            "--package=grpc-telemetry",
            "--locked",
            "--no-default-features",
            "--features",
            feature,
            "--",
            "-D",
            "warnings",
        ])?;
    }
    Ok(())
}

fn documentation() -> Result {
    child::run(
        child::cargo()
            .args(["doc", "--workspace", "--no-deps", "--locked"])
            .env("RUSTDOCFLAGS", "-Dwarnings"),
    )
}

/// `test-servers` starts what `TEST_DATABASE_URL` and `TEST_REDIS_URL` don't name,
/// runs the command after it with both set, and stops what it started.
fn tests(arguments: &[String]) -> Result {
    let cargo = child::cargo();
    child::run(
        child::in_workspace(child::built("test-servers")?)
            .arg(cargo.get_program())
            .args(["test", "--workspace", "--locked"])
            .args(arguments),
    )
}

fn dependencies() -> Result {
    let installed = is_quiet_success(child::cargo().args(["deny", "--version"]));
    if !installed {
        eprintln!("    skipped: cargo-deny isn't installed (`cargo install cargo-deny --locked`)");
        return Ok(());
    }
    cargo(&[
        "deny",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ])
}

fn is_quiet_success(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn seconds(elapsed: Duration) -> String {
    format!("{:.0} s", elapsed.as_secs_f64())
}
