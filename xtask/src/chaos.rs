//! `cargo xtask chaos`: the tests of faults and attacks in their long sizes, and what they reached.

use std::collections::BTreeMap;
use std::fs;

use crate::{Result, child, install};

/// The table that the rows are of.
const TABLE: &str = "docs/reliability.md";

/// What to run, and how.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The seed of another run, to repeat it
    #[arg(long)]
    seed: Option<u64>,
    /// Only the tests whose names contain this
    #[arg(long, value_name = "CASE")]
    only: Option<String>,
    /// With optimised programs, which takes longer to build
    #[arg(long)]
    release: bool,
}

/// Runs the tests one after the other and prints the figures, also when some failed.
pub(crate) fn run(options: &Options) -> Result {
    install::ensure_servers()?;
    let profile: &[&str] = if options.release { &["--release"] } else { &[] };
    let build = ["build", "--workspace", "--bins", "--locked"];
    child::run(child::cargo().args(build).args(profile))?;

    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let report = folder.path().join("report");
    let cargo = child::cargo();
    let mut tests = child::in_workspace(child::built("test-servers")?);
    tests
        .arg(cargo.get_program())
        .args([
            "test",
            "--locked",
            "--package",
            "testkit",
            "--test",
            "faults",
            "--test",
            "attacks",
            "--test",
            "security",
        ])
        .args(profile)
        // One at a time: each measures, and they would measure each other.
        .args(["--", "--nocapture", "--test-threads=1"])
        .args(options.only.iter())
        .env("CHAOS", "long")
        .env("CHAOS_REPORT", &report)
        .envs(options.seed.map(|seed| ("CHAOS_SEED", seed.to_string())));
    let outcome = child::run(&mut tests);
    print!("{}", rows(&fs::read_to_string(&report).unwrap_or_default()));
    outcome
}

/// The figures by the rows they belong to, as a table.
fn rows(report: &str) -> String {
    let mut rows = BTreeMap::<u32, Vec<&str>>::new();
    for line in report.lines() {
        if let Some((row, figure)) = line.split_once(" | ")
            && let Ok(row) = row.parse()
        {
            rows.entry(row).or_default().push(figure);
        }
    }
    let mut table = format!("Rows of the table in {TABLE}:\n| # | reached |\n|---|---|\n");
    for (row, figures) in rows {
        table.push_str(&format!("| {row} | {} |\n", figures.join("; ")));
    }
    table
}

#[cfg(test)]
mod tests {
    #[test]
    fn figures_of_one_row_come_together_in_the_order_of_rows() {
        let table = super::rows("15 | none failed\n5 | refused: fine\nnonsense\n5 | hung: fine\n");
        let lines: Vec<_> = table.lines().skip(3).collect();
        assert_eq!(
            lines,
            ["| 5 | refused: fine; hung: fine |", "| 15 | none failed |"]
        );
    }
}
