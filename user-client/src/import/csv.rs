//! Users from comma-separated values, or with another delimiter.

pub mod dialect;
pub mod formula;
mod parser;

use std::io::{self, BufRead};

use csv::ByteRecord;

use self::parser::Parser;
use super::window::Window;
use super::{LONGEST_RECORD, Record, RecordText, user};

/// Columns that a file of rejects and the output of `list` have besides those of a user to create.
pub const IGNORED: [&str; 4] = ["line", "reason", "id", "created_at"];

const COLUMNS: [&str; 3] = ["name", "email", "phone"];

/// A file's records, one after the other.
pub struct Records<R> {
    window: Window<R>,
    parser: Parser,
    columns: Columns,
}

/// Where in a record the fields of a user are.
#[derive(Debug)]
struct Columns {
    of_user: [Option<usize>; 3],
    count: usize,
}

impl<R: BufRead> Records<R> {
    /// Reads the titles of `input`, whose fields are separated by `delimiter`.
    ///
    /// # Errors
    /// When they are not those of users, or can't be read.
    pub fn open(input: R, delimiter: u8) -> Result<Self, String> {
        let mut window = Window::new(input);
        dialect::pass_hint(&mut window).map_err(|error| error.to_string())?;
        let mut parser = Parser::new(delimiter);
        let (line, titles) =
            match next(&mut window, &mut parser).map_err(|error| error.to_string())? {
                Some((line, Text::Record(titles))) => (line, titles),
                Some((line, Text::Open(_))) => return Err(format!("line {line} {}", never_over())),
                None => return Err(format!("it is empty; {EXPECTED}")),
            };
        let columns = Columns::of(&titles, line)?;
        Ok(Self {
            window,
            parser,
            columns,
        })
    }

    /// The next record, or nothing at the end.
    ///
    /// # Errors
    /// When the file can't be read on.
    pub fn read(&mut self) -> Result<Option<Record>, String> {
        let next = next(&mut self.window, &mut self.parser).map_err(|error| error.to_string())?;
        Ok(next.map(|(line, text)| match text {
            Text::Record(record) => self.columns.record(line, &record),
            Text::Open(record) => Record {
                user: Err(never_over()),
                ..self.columns.record(line, &record)
            },
        }))
    }
}

/// What is between two ends of records.
enum Text {
    Record(ByteRecord),
    /// The first line of a record that never ends.
    Open(ByteRecord),
}

/// The next record and its line. Of one that isn't over in time only the first
/// line is taken, so that a quote that is never closed spoils no other line.
fn next(window: &mut Window<impl BufRead>, parser: &mut Parser) -> io::Result<Option<(u64, Text)>> {
    if !window.pass_blank_lines()? {
        return Ok(None);
    }
    let line = window.line();
    parser.begin();
    let mut seen = 0;
    loop {
        if let Some(count) = parser.feed(&window.bytes()[seen..]) {
            window.pass(seen + count);
            return Ok(Some((line, Text::Record(parser.record()))));
        }
        seen = window.bytes().len();
        if !window.is_full() && window.grow()? {
            continue;
        }
        // The last line need not have an end.
        if !window.is_full() && parser.feed(b"\n").is_some() {
            window.pass(seen);
            return Ok(Some((line, Text::Record(parser.record()))));
        }
        parser.begin();
        parser.feed(&window.pass_line()?);
        parser.feed(b"");
        return Ok(Some((line, Text::Open(parser.record()))));
    }
}

impl Columns {
    fn of(titles: &ByteRecord, line: u64) -> Result<Self, String> {
        let mut of_user = [None; 3];
        for (index, title) in titles.iter().enumerate() {
            let title = String::from_utf8_lossy(title).trim().to_lowercase();
            if let Some(column) = COLUMNS.iter().position(|known| *known == title) {
                if of_user[column].replace(index).is_some() {
                    return Err(format!("line {line} has the column {title} twice"));
                }
            } else if !IGNORED.contains(&title.as_str()) {
                let title = grpc_common::printable(&title);
                return Err(format!("line {line} has a column \"{title}\"; {EXPECTED}"));
            }
        }
        if let Some(missing) = (0..2).find(|column| of_user[*column].is_none()) {
            let missing = COLUMNS[missing];
            return Err(format!("line {line} has no column {missing}; {EXPECTED}"));
        }
        Ok(Self {
            of_user,
            count: titles.len(),
        })
    }

    fn record(&self, line: u64, record: &ByteRecord) -> Record {
        let fields = self.of_user.map(|index| {
            let cell = index.and_then(|index| record.get(index));
            formula::restored(cell.unwrap_or_default())
        });
        Record {
            line,
            source: RecordText::Fields(fields.map(<[u8]>::to_vec)),
            user: self.user(record, fields),
        }
    }

    fn user(
        &self,
        record: &ByteRecord,
        fields: [&[u8]; 3],
    ) -> Result<user_proto::v1::CreateUsersRequest, String> {
        if record.len() != self.count {
            return Err(format!(
                "has {} fields where the first line has {}; is a quote or a delimiter missing?",
                record.len(),
                self.count
            ));
        }
        let text = |column: usize| {
            String::from_utf8(fields[column].to_vec())
                .map_err(|_| format!("{}: is not valid UTF-8", COLUMNS[column]))
        };
        Ok(user(text(0)?, text(1)?, Some(text(2)?)))
    }
}

/// What a file has to begin with.
const EXPECTED: &str = "write the titles name, email and perhaps phone into the first line, separated by commas, semicolons or tabs, or say --delimiter";

fn never_over() -> String {
    format!("has a quote that isn't closed within {LONGEST_RECORD} bytes, or is longer than that")
}

#[cfg(test)]
mod tests;
