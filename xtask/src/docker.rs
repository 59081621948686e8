//! What is done with a Docker engine: `cargo xtask images` builds both programs.

use std::process::{Command, Stdio};

use crate::{Result, child};

/// The most bytes that an image may have, unpacked.
const LARGEST: u64 = 40_000_000;

/// The targets of the Dockerfile, and the names of the images.
const PROGRAMS: [&str; 2] = ["user-service", "user-client"];

/// Builds the images of both programs, tagged with the version that they report.
pub(crate) fn images() -> Result<String> {
    ensure_engine()?;
    let version = describe(&["describe", "--tags", "--always", "--dirty"])?;
    let revision = describe(&["rev-parse", "HEAD"])?;
    for program in PROGRAMS {
        eprintln!("==> {program}:{version}");
        child::run(
            child::in_workspace("docker")
                .args(["build", "--target", program])
                .args(["--build-arg", &format!("VERSION={version}")])
                .args(["--build-arg", &format!("REVISION={revision}")])
                .args(["--tag", &format!("{program}:{version}")])
                .args(["--tag", &format!("{program}:dev")])
                .arg(".")
                .env("DOCKER_BUILDKIT", "1"),
        )?;
    }
    for program in PROGRAMS {
        ensure_small(&format!("{program}:dev"))?;
    }
    Ok(version)
}

/// A larger image has something in it that it doesn't need.
fn ensure_small(image: &str) -> Result {
    // Not the size that `docker image inspect` prints: with containerd's image store, which new
    // engines use, it counts each layer twice, compressed and unpacked.
    let layers = child::output(
        Command::new("docker")
            .args(["history", "--human=false", "--format={{.Size}}"])
            .arg(image),
    )?;
    let layers = layers.stdout.lines().map(|size| size.trim().parse::<u64>());
    let size: u64 = layers
        .sum::<std::result::Result<u64, _>>()
        .map_err(|_| format!("docker printed no size of the layers of {image}"))?;
    let megabytes = size / 1_000_000;
    eprintln!("    {image}: {megabytes} MB");
    if size <= LARGEST {
        return Ok(());
    }
    Err(format!(
        "{image} has {megabytes} MB, more than {}",
        LARGEST / 1_000_000
    ))
}

/// Whether the command line of Docker knows compose.
pub(crate) fn has_compose() -> bool {
    succeeds(Command::new("docker").args(["compose", "version"]))
}

fn ensure_engine() -> Result {
    if succeeds(Command::new("docker").arg("info")) {
        return Ok(());
    }
    Err("`docker info` finds no Docker engine: install one and start it".to_owned())
}

fn describe(arguments: &[&str]) -> Result<String> {
    let text = child::output(child::in_workspace("git").args(arguments))?;
    Ok(text.stdout.trim().to_owned())
}

fn succeeds(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
