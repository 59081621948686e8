//! Checks of the proto by buf: its rules, and nothing that breaks what callers have generated.

use std::process::Command;

use crate::deployment::{python_package, skip};
use crate::{Result, child};

/// The registry of Python packages has it as a program.
const BUF: &str = "buf-bin==1.75.0";
const FOLDER: &str = "proto";
/// What a change is compared with: the branch that it goes to, or else the last commit.
const BASES: [&str; 2] = ["origin/main", "HEAD"];

/// Lints the proto, and compares it with the one before.
pub(crate) fn check() -> Result {
    let Some(buf) = python_package("buf", BUF) else {
        return skip(
            "the proto is not linted",
            "no buf, and no pip to install it",
        );
    };
    child::run(child::in_workspace(&buf).args(["lint", FOLDER]))?;
    let Some(base) = BASES.into_iter().find(|it| is_commit(it)) else {
        return skip("the proto is not compared", "no commit to compare with");
    };
    // By its id: buf knows branches of a remote by other names than git.
    let commit = child::output(child::in_workspace("git").args(["rev-parse", base]))?;
    let against = format!(".git#ref={},subdir={FOLDER}", commit.stdout.trim());
    child::run(child::in_workspace(&buf).args(["breaking", FOLDER, "--against", &against]))
}

fn is_commit(name: &str) -> bool {
    let commit = format!("{name}^{{commit}}");
    let mut git: Command = child::in_workspace("git");
    git.args(["rev-parse", "--verify", "--quiet", &commit]);
    child::output(&mut git).is_ok()
}
