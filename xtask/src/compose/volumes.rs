//! Docker's volumes: `down` keeps data, and nothing else.

use std::collections::BTreeSet;
use std::process::Command;

use crate::{Result, child};

use super::PROJECT;

/// What compose.yaml names.
pub(super) const NAMED: [&str; 4] = ["grafana", "jaeger", "postgres", "prometheus"];

/// The names of all volumes of this machine.
pub(super) fn all() -> Result<BTreeSet<String>> {
    let listed = child::output(Command::new("docker").args(["volume", "ls", "--quiet"]))?;
    Ok(listed.stdout.lines().map(str::to_owned).collect())
}

/// Fails if there are other volumes than `before` and those of compose.yaml with the names `named`.
pub(super) fn assert_none_but(before: &BTreeSet<String>, named: &[&str]) -> Result {
    let after = all()?;
    let expected: BTreeSet<String> = named
        .iter()
        .map(|name| format!("{PROJECT}_{name}"))
        .collect();
    let new: BTreeSet<String> = after.difference(before).cloned().collect();
    match new == expected {
        true => Ok(()),
        false => Err(format!("these volumes are left: {new:?}")),
    }
}
