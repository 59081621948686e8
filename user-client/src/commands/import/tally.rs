//! What has come of an import so far.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;

use crate::args::Format;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::console::Console;
use crate::output::progress::rows_per_second;

/// So many rejects are told where there is no file of them.
const TOLD: usize = 5;

/// The counts of an import, and its first rejects.
#[derive(Debug)]
pub(super) struct Tally {
    begin: Instant,
    imported: u64,
    rejected: u64,
    first: Vec<(u64, String)>,
    rejects: Option<PathBuf>,
}

impl Tally {
    /// An import that begins now, with its file of rejects.
    pub(super) fn new(rejects: Option<PathBuf>) -> Self {
        Self {
            begin: Instant::now(),
            imported: 0,
            rejected: 0,
            first: Vec::new(),
            rejects,
        }
    }

    /// The row of a line is in, or was rejected for a reason.
    pub(super) fn book(&mut self, line: u64, reason: Option<String>) {
        let Some(reason) = reason else {
            self.imported += 1;
            return;
        };
        self.rejected += 1;
        if self.first.len() < TOLD {
            self.first.push((line, reason));
        }
    }

    pub(super) fn rows(&self) -> u64 {
        self.imported + self.rejected
    }

    pub(super) fn rejected(&self) -> u64 {
        self.rejected
    }

    pub(super) fn has_begun(&self) -> bool {
        self.rows() > 0
    }

    pub(super) fn outcome(&self) -> Outcome {
        match self.rejected {
            0 => Outcome::Ok,
            _ => Outcome::Rejected,
        }
    }

    /// Sums up, also when the import is not `complete`.
    pub(super) fn tell(&self, complete: bool, console: &mut Console) -> Result<(), Failure> {
        let seconds = self.begin.elapsed().as_secs_f64();
        if console.format() == Format::Json {
            let first = self.first.iter();
            let first: Vec<_> = first
                .map(|(line, reason)| json!({"line": line, "reason": reason}))
                .collect();
            return console.json(&json!({
                "rows": self.rows(),
                "imported": self.imported,
                "rejected": self.rejected,
                "first_rejects": first,
                "rejects": self.rejects.as_ref().map(|path| path.display().to_string()),
                "complete": complete,
                "seconds": seconds,
            }));
        }
        let rate = rows_per_second(self.rows(), seconds);
        console.line(&format!(
            "imported {} of {} rows in {seconds:.1} s ({rate} rows/s), {} rejected",
            self.imported,
            self.rows(),
            self.rejected
        ))?;
        self.tell_rejects(console);
        Ok(())
    }

    fn tell_rejects(&self, console: &mut Console) {
        if self.rejected == 0 {
            return;
        }
        if let Some(path) = &self.rejects {
            let path = path.display();
            console.note(&format!(
                "the rejected rows and their reasons are in {path}: mend them and import it"
            ));
            return;
        }
        for (line, reason) in &self.first {
            console.note(&format!("  line {line}: {reason}"));
        }
        let told = u64::try_from(self.first.len()).unwrap_or(u64::MAX);
        if self.rejected > told {
            console.note(&format!("  and {} more", self.rejected - told));
        }
        console.note("write them to a file to mend and import again: --rejects FILE");
    }
}
