//! What was tried, and what came of it.

use std::fmt::Write;
use std::time::Instant;

use crate::peers::logs;

/// A table of Markdown, printed row by row.
pub(crate) struct Table {
    failures: String,
}

impl Table {
    /// A table with these columns; the time and the outcome follow.
    pub(crate) fn new(columns: &str) -> Self {
        let count = columns.split('|').count() + 2;
        println!(
            "\n| {columns} | seconds | outcome |\n|{}",
            "---|".repeat(count)
        );
        Self {
            failures: String::new(),
        }
    }

    /// Adds a row with these cells, of what was `started` then.
    pub(crate) fn add(&mut self, cells: &str, started: Instant, outcome: Result<(), String>) {
        let seconds = started.elapsed().as_secs_f64();
        let outcome = outcome.map_or_else(|why| format!("FAILED: {why}"), |()| "ok".to_owned());
        println!("| {cells} | {seconds:.1} | {outcome} |");
        if outcome != "ok" {
            let _ = writeln!(self.failures, "{cells}: {outcome}");
        }
    }

    /// Ends the test if a row failed.
    pub(crate) fn assert_none_failed(self) {
        assert!(
            self.failures.is_empty(),
            "\n{}(what the servers of others said: {})",
            self.failures,
            logs().display()
        );
    }
}
