//! Rows of a stream, written to standard output: many at a time while they arrive fast, and all
//! of them before a wait.

use std::pin::pin;

use futures_util::poll;
use grpc_common::printable_json;

use crate::args::Format;
use crate::failure::Failure;
use crate::output::console::Console;
use crate::output::table::{Row, Table, json_row};

/// Maximum rows to buffer.
const MOST: usize = 500;

/// Rows that are not written yet.
#[derive(Debug)]
pub struct Rows {
    held: Vec<Row>,
    table: Table,
}

impl Rows {
    /// None so far.
    pub fn new(console: &Console) -> Self {
        Self {
            held: Vec::new(),
            table: Table::roomy(console.style(), console.table_width()),
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When standard output can't be written to.
    pub fn push(&mut self, row: Row, console: &mut Console) -> Result<(), Failure> {
        self.held.push(row);
        match self.held.len() < MOST {
            true => Ok(()),
            false => self.write(console),
        }
    }

    /// Waits for `future`; if it isn't ready, writes all rows first.
    ///
    /// # Errors
    /// When standard output can't be written to.
    pub async fn wait_for<F: Future>(
        &mut self,
        future: F,
        console: &mut Console,
    ) -> Result<F::Output, Failure> {
        let mut future = pin!(future);
        if let std::task::Poll::Ready(output) = poll!(future.as_mut()) {
            return Ok(output);
        }
        self.write(console)?;
        Ok(future.await)
    }

    /// Writes all rows.
    ///
    /// # Errors
    /// When standard output can't be written to.
    pub fn write(&mut self, console: &mut Console) -> Result<(), Failure> {
        let rows = std::mem::take(&mut self.held);
        let lines = match console.format() {
            Format::Json => rows
                .iter()
                .map(|row| printable_json(&json_row(row, console).to_string()))
                .collect(),
            Format::Table => self.table.lines(&rows),
        };
        match lines.is_empty() {
            true => Ok(()),
            false => console.data(&(lines.join("\n") + "\n")),
        }
    }
}

#[cfg(test)]
mod tests {
    use user_proto::v1::User;

    use super::*;
    use crate::output::console::tests::console;

    #[test]
    fn a_row_of_json_is_harmless_to_a_terminal() {
        let (mut console, out, _) = console(Format::Json);
        let mut rows = Rows::new(&console);
        let user = User {
            name: "\u{9b}2J\u{202e}".to_owned(),
            ..User::default()
        };
        rows.push(Row::User(user), &mut console).unwrap();
        rows.write(&mut console).unwrap();
        let written = out.text();
        assert!(written.contains(r#""\u009b2J\u202e""#), "{written}");
    }
}
