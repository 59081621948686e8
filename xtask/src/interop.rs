//! `cargo xtask interop`: gRPC's interoperability cases by an independent client.

use std::process::Command;

use crate::{Result, child};

/// The client: C-core, which shares no code with what it calls.
const PACKAGES: [&str; 2] = ["grpcio==1.85.1", "protobuf==7.36.2"];

/// How to run them.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Calls of the soak
    #[arg(long, default_value_t = 1_000, value_name = "NUMBER")]
    soak: u32,
}

/// Installs the client into a folder of its own that is removed afterwards, and runs the cases.
pub(crate) fn run(options: &Options) -> Result {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let python = folder.path().join("bin").join("python");
    let venv = ["-m", "venv"];
    child::run(Command::new("python3").args(venv).arg(folder.path()))?;
    let install = ["-m", "pip", "install", "--quiet"];
    child::run(Command::new(&python).args(install).args(PACKAGES))?;
    child::run(
        child::cargo()
            .args(["test", "--locked", "--package", "user-service"])
            .args(["--test", "interop", "--", "--ignored", "--nocapture"])
            .env("INTEROP_PYTHON", &python)
            .env("SOAK", options.soak.to_string()),
    )
}
