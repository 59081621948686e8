//! `cargo xtask chaos`: the tests of faults and attacks in their long sizes, and what they reached.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use crate::{Result, child, install};

/// The table that the rows are of.
const TABLE: &str = "docs/measurements/reliability.md";
/// The head of the table of attacks.
const ATTACKS: &str = "Attacks (memory in MiB, p99 of other calls in ms):
| attack | connections | memory before | peak | other calls failed | p99 before | p99 under attack |
|---|---|---|---|---|---|---|
";
/// The tests that have long sizes; most report their figures.
const GROUPS: [&str; 6] = ["faults", "attacks", "kitex", "security", "stores", "wire"];

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
    build(options.release)?;
    let mut tests = tests(&GROUPS, options.release, options.seed)?;
    figures(tests.args(options.only.iter()))
}

/// Builds the programs that the tests start.
pub(crate) fn build(release: bool) -> Result {
    let build = ["build", "--workspace", "--bins", "--locked"];
    child::run(child::cargo().args(build).args(profile(release)))
}

/// The tests of `groups` in their long sizes, on throw-away servers; a test's name may follow.
pub(crate) fn tests(groups: &[&str], release: bool, seed: Option<u64>) -> Result<Command> {
    let cargo = child::cargo();
    let servers = match release {
        true => child::built_release("test-servers")?,
        false => child::built("test-servers")?,
    };
    let mut tests = child::in_workspace(servers);
    tests
        .arg(cargo.get_program())
        .args([
            "test",
            "--locked",
            "--no-fail-fast",
            "--package",
            "pair-testkit",
            "--package",
            "user-service",
            "--package",
            "kitex-codec",
        ])
        .args(groups.iter().flat_map(|group| ["--test", group]))
        .args(profile(release))
        // One at a time: each measures, and they would measure each other.
        .args(["--", "--nocapture", "--test-threads=1"])
        .env("CHAOS", "long")
        .envs(seed.map(|seed| ("CHAOS_SEED", seed.to_string())));
    Ok(tests)
}

/// Runs `tests` and prints the figures that they report, also when some failed.
pub(crate) fn figures(tests: &mut Command) -> Result {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let report = folder.path().join("report");
    let outcome = child::run(tests.env("CHAOS_REPORT", &report));
    let report = fs::read_to_string(&report).unwrap_or_default();
    print!("{}{}", rows(&report), attacks(&report));
    outcome
}

fn profile(release: bool) -> &'static [&'static str] {
    if release { &["--release"] } else { &[] }
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

/// What each attack cost, as a table; nothing if there was none.
fn attacks(report: &str) -> String {
    let rows: String = report
        .lines()
        .filter_map(|line| line.strip_prefix("attack "))
        .flat_map(|row| [row, "\n"])
        .collect();
    match rows.is_empty() {
        true => rows,
        false => format!("\n{ATTACKS}{rows}"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn attacks_have_a_table_of_their_own() {
        let report = "15 | none failed\nattack | hoard | 5 | 40 | 60 | 0 of 9 | 1.0 | 2.0 |\n";
        let table = super::attacks(report);
        let row = "| hoard | 5 | 40 | 60 | 0 of 9 | 1.0 | 2.0 |";
        assert_eq!(table.lines().last(), Some(row));
        assert!(!super::rows(report).contains("hoard"));
        assert_eq!(super::attacks("15 | none failed\n"), "");
    }

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
