//! The counts of an import.

use std::path::PathBuf;
use std::time::Instant;

use indicatif::HumanCount;
use serde_json::{Value, json};

use crate::args::Format;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::console::Console;
use crate::output::progress::rows_per_second;

/// Rejects to print if there is no file for them.
const TOLD: usize = 5;

/// The counts so far, and the first rejects.
#[derive(Debug)]
pub(super) struct Tally {
    begin: Instant,
    imported: u64,
    rejected: u64,
    first: Vec<(u64, String)>,
    rejects: Option<PathBuf>,
    size: Option<u64>,
    position: u64,
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
            size: None,
            position: 0,
        }
    }

    /// The size of the file in bytes, if it is known.
    pub(super) fn set_size(&mut self, size: Option<u64>) {
        self.size = size;
    }

    /// The bytes of the file until the last row that was counted.
    pub(super) fn set_position(&mut self, position: u64) {
        self.position = position;
    }

    /// Counts the row of a line as stored, or as rejected for a reason.
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

    /// The file of rejects is not complete, so that nothing refers to it.
    pub(super) fn leave_rejects_out(&mut self) {
        self.rejects = None;
    }

    pub(super) fn rows(&self) -> u64 {
        self.imported + self.rejected
    }

    pub(super) fn imported(&self) -> u64 {
        self.imported
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

    /// Prints the summary, also if the import is not `complete`.
    pub(super) fn report(&self, complete: bool, console: &mut Console) -> Result<(), Failure> {
        if console.format() == Format::Json {
            return console.json(&self.json(complete));
        }
        console.line(&self.summary(self.begin.elapsed().as_secs_f64()))?;
        self.report_rejects(console);
        Ok(())
    }

    /// Says what is stored when the user interrupts the import, and how to continue.
    pub(super) fn report_interrupted(&self, console: &mut Console) -> Result<(), Failure> {
        if console.format() == Format::Json {
            console.json(&self.json(false))?;
        }
        console.note(&format!(
            "interrupted: {}; import the file again to continue, no user is created twice",
            self.stored()
        ));
        Ok(())
    }

    fn json(&self, complete: bool) -> Value {
        let first = self.first.iter();
        let first: Vec<_> = first
            .map(|(line, reason)| json!({"line": line, "reason": reason}))
            .collect();
        json!({
            "rows": self.rows(),
            "imported": self.imported,
            "rejected": self.rejected,
            "first_rejects": first,
            "rejects": self.rejects.as_ref().map(|path| path.display().to_string()),
            "complete": complete,
            "seconds": self.begin.elapsed().as_secs_f64(),
        })
    }

    /// A rate of less than a second would say more of the start than of the import.
    fn summary(&self, seconds: f64) -> String {
        let (imported, rejected) = (HumanCount(self.imported), HumanCount(self.rejected));
        let time = match seconds >= 1.0 {
            true => {
                let rate = HumanCount(rows_per_second(self.rows(), seconds));
                format!(" in {seconds:.1} s ({rate} rows/s)")
            }
            false => String::new(),
        };
        format!(
            "imported {imported} of {}{time}, {rejected} rejected",
            rows(self.rows())
        )
    }

    /// How much is stored, of how much if that can be estimated from the bytes that were read.
    fn stored(&self) -> String {
        let imported = HumanCount(self.imported);
        let total = match self.size {
            Some(size) if self.position > 0 => {
                let share = self.position as f64 / size as f64;
                Some(HumanCount((self.rows() as f64 / share).round() as u64))
            }
            _ => None,
        };
        let stored = match total {
            Some(total) => format!("{imported} of about {total} rows are stored"),
            None => format!("{imported} rows are stored"),
        };
        match self.rejected {
            0 => stored,
            rejected => format!("{stored} and {} rejected", HumanCount(rejected)),
        }
    }

    fn report_rejects(&self, console: &mut Console) {
        if self.rejected == 0 {
            return;
        }
        if let Some(path) = &self.rejects {
            let path = path.display();
            console.note(&format!(
                "the rejected rows and their reasons are in {path}: correct them and import that file"
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
        console.note("--rejects FILE writes them to a file, to be corrected and imported");
    }
}

fn rows(count: u64) -> String {
    match count {
        1 => "1 row".to_owned(),
        count => format!("{} rows", HumanCount(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::console::tests::console;

    fn tally(imported: u64, rejected: u64) -> Tally {
        Tally {
            imported,
            rejected,
            ..Tally::new(None)
        }
    }

    #[test]
    fn the_summary_has_a_rate_from_a_second_on_and_one_row_is_not_rows() {
        let expected = "imported 0 of 1 row, 1 rejected";
        assert_eq!(tally(0, 1).summary(0.03), expected);
        let expected = "imported 400,000 of 400,000 rows in 12.5 s (32,000 rows/s), 0 rejected";
        assert_eq!(tally(400_000, 0).summary(12.5), expected);
    }

    #[test]
    fn an_interrupted_import_says_what_is_stored_and_that_a_repeat_is_safe() {
        let mut tally = tally(15_000, 0);
        tally.set_size(Some(800));
        tally.set_position(30);
        let (mut console, _, err) = console(Format::Table);
        tally.report_interrupted(&mut console).unwrap();
        let expected = "interrupted: 15,000 of about 400,000 rows are stored; import the file \
            again to continue, no user is created twice\n";
        assert_eq!(err.text(), expected);
    }

    #[test]
    fn the_total_of_a_pipe_is_unknown() {
        assert_eq!(tally(7, 0).stored(), "7 rows are stored");
        assert_eq!(tally(7, 2).stored(), "7 rows are stored and 2 rejected");
    }
}
