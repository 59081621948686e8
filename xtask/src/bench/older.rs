//! The programs of an older revision, which are measured next to today's, in turns.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Result, child};

const PROGRAMS: [&str; 2] = ["user-service", "user-client"];
/// user-service on the allocator of the system.
const ON_SYSTEM_ALLOCATOR: &str = "system-allocator";

/// Builds the programs of `revision`, unless an earlier run did; returns their folder.
///
/// The sources are unpacked outside this workspace: inside of it, cargo would read the
/// workspace's `.cargo/config.toml` as well as that of the revision.
pub(super) fn build(revision: &str, with_system_allocator: bool) -> Result<PathBuf> {
    let folder = folder(revision)?;
    let missing = |programs: &Path| PROGRAMS.iter().any(|it| !programs.join(it).is_file());
    let builds_programs = missing(&folder);
    let on_system_allocator = folder.join(ON_SYSTEM_ALLOCATOR);
    let builds_other = with_system_allocator && !on_system_allocator.join(PROGRAMS[0]).is_file();
    if !builds_programs && !builds_other {
        return Ok(folder);
    }
    let sources = unpack(revision)?;
    if builds_programs {
        let selected = ["--workspace", "--bin", PROGRAMS[0], "--bin", PROGRAMS[1]];
        compile(sources.path(), &selected, &PROGRAMS, &folder)?;
    }
    if builds_other {
        let selected = ["--package", PROGRAMS[0], "--no-default-features"];
        compile(
            sources.path(),
            &selected,
            &PROGRAMS[..1],
            &on_system_allocator,
        )?;
    }
    Ok(folder)
}

/// `target/older/` and the hash of the commit.
fn folder(revision: &str) -> Result<PathBuf> {
    let commit = format!("{revision}^{{commit}}");
    let mut git = child::in_workspace("git");
    git.args(["rev-parse", "--verify", "--short=12", &commit]);
    let hash = child::output(&mut git)?;
    Ok(builds()?.join(hash.stdout.trim()))
}

fn builds() -> Result<PathBuf> {
    let release = child::built_release("bench")?;
    let target = release.ancestors().nth(2).unwrap_or(&release);
    Ok(target.join("older"))
}

/// The sources of `revision` in a temporary folder.
fn unpack(revision: &str) -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let archive = folder.path().join("sources.tar");
    let mut git = child::in_workspace("git");
    git.args(["archive", "--format=tar", "--output"])
        .arg(&archive)
        .arg(revision);
    child::run(&mut git)?;
    let mut tar = child::in_workspace("tar");
    tar.arg("--extract").arg("--file").arg(&archive);
    child::run(tar.arg("--directory").arg(folder.path()))?;
    Ok(folder)
}

/// Builds what is `selected` of `sources`, and copies `programs` into `folder`.
fn compile(sources: &Path, selected: &[&str], programs: &[&str], folder: &Path) -> Result {
    let target = builds()?.join("target");
    let mut build = child::cargo();
    build
        .current_dir(sources)
        .args(["build", "--release", "--locked", "--target-dir"])
        .arg(&target)
        .args(selected);
    child::run(&mut build)?;
    fs::create_dir_all(folder).map_err(|error| cannot("make", folder, &error))?;
    for program in programs {
        let built = target.join("release").join(program);
        fs::copy(&built, folder.join(program)).map_err(|error| cannot("copy", &built, &error))?;
    }
    Ok(())
}

fn cannot(what: &str, file: &Path, error: &std::io::Error) -> String {
    format!("can't {what} {}: {error}", file.display())
}
