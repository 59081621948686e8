//! Users from comma-separated values.

mod lines;

use std::io::Read;

use csv::{ByteRecord, ErrorKind, ReaderBuilder, Trim};

use self::lines::Lines;
use super::{Record, Source, user};

/// Columns that a file of rejects has besides those of a user.
pub const REMARKS: [&str; 2] = ["line", "reason"];

const COLUMNS: [&str; 3] = ["name", "email", "phone"];

/// A file's records, one after the other.
pub struct Records<R> {
    reader: csv::Reader<Lines<R>>,
    columns: Columns,
}

/// Where in a record the fields of a user are.
#[derive(Debug)]
struct Columns {
    of_user: [Option<usize>; 3],
    count: usize,
}

impl<R: Read> Records<R> {
    /// Reads the titles of `input`.
    ///
    /// # Errors
    /// When they are not those of users, or can't be read.
    pub fn open(input: R) -> Result<Self, String> {
        let mut reader = ReaderBuilder::new()
            .flexible(true)
            .trim(Trim::Headers)
            .from_reader(Lines::new(input));
        let titles = reader.byte_headers().map_err(said)?;
        let columns = Columns::of(titles)?;
        Ok(Self { reader, columns })
    }

    /// The next record, or nothing at the end.
    ///
    /// # Errors
    /// When the file can't be read on.
    pub fn read(&mut self) -> Result<Option<Record>, String> {
        self.reader.get_mut().begin_record();
        let mut record = ByteRecord::new();
        let start = self.reader.position().byte();
        match self.reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => {
                let line = self.reader.get_mut().line_after(start);
                return Err(format!("from line {line} on: {}", said(error)));
            }
        }
        let line = self.reader.get_mut().line_after(start);
        Ok(Some(self.columns.record(line, &record)))
    }
}

impl Columns {
    fn of(titles: &ByteRecord) -> Result<Self, String> {
        let mut of_user = [None; 3];
        for (index, title) in titles.iter().enumerate() {
            let title = String::from_utf8_lossy(title).to_lowercase();
            if let Some(column) = COLUMNS.iter().position(|known| *known == title) {
                if of_user[column].replace(index).is_some() {
                    return Err(format!("line 1 has the column {title} twice"));
                }
            } else if !REMARKS.contains(&title.as_str()) {
                let title = crate::text::printable(&title);
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
            index
                .and_then(|index| record.get(index))
                .unwrap_or_default()
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

fn said(error: csv::Error) -> String {
    match error.into_kind() {
        ErrorKind::Io(error) => error.to_string(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests;
