//! Users from comma-separated values.

pub mod formula;
mod parser;
mod window;

use std::io::{self, BufRead};

use csv::ByteRecord;

use self::parser::Parser;
use self::window::Window;
use super::{LONGEST_RECORD, Record, Source, user};

/// Columns that a file of rejects has besides those of a user.
pub const REMARKS: [&str; 2] = ["line", "reason"];

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
    /// Reads the titles of `input`.
    ///
    /// # Errors
    /// When they are not those of users, or can't be read.
    pub fn open(input: R) -> Result<Self, String> {
        let mut window = Window::new(input);
        let mut parser = Parser::new();
        let titles = match next(&mut window, &mut parser).map_err(|error| error.to_string())? {
            Some((_, Text::Record(titles))) => titles,
            Some((line, Text::Open(_))) => return Err(format!("line {line} {}", never_over())),
            None => ByteRecord::new(),
        };
        let columns = Columns::of(&titles)?;
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
    fn of(titles: &ByteRecord) -> Result<Self, String> {
        let mut of_user = [None; 3];
        for (index, title) in titles.iter().enumerate() {
            let title = String::from_utf8_lossy(title).trim().to_lowercase();
            if let Some(column) = COLUMNS.iter().position(|known| *known == title) {
                if of_user[column].replace(index).is_some() {
                    return Err(format!("line 1 has the column {title} twice"));
                }
            } else if !REMARKS.contains(&title.as_str()) {
                let title = grpc_common::printable(&title);
                return Err(format!("line 1 has a column \"{title}\"; {EXPECTED}"));
            }
        }
        if let Some(missing) = (0..2).find(|column| of_user[*column].is_none()) {
            let missing = COLUMNS[missing];
            return Err(format!("line 1 has no column {missing}; {EXPECTED}"));
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
            source: Source::Fields(fields.map(<[u8]>::to_vec)),
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
                "has {} fields where the first line has {}; is a quote or a comma missing?",
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
const EXPECTED: &str =
    "write the titles name, email and perhaps phone into the first line, separated by commas";

fn never_over() -> String {
    format!("has a quote that isn't closed within {LONGEST_RECORD} bytes, or is longer than that")
}

#[cfg(test)]
mod tests;
