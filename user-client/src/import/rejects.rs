//! Rows that were refused, with their reasons, to be mended and imported again.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use grpc_common::{printable, printable_json};
use serde_json::{Value, json};

use super::csv::formula::disarmed;
use super::{Format, RecordText};

/// A file of rejects, written like the file they come from, with the same delimiter.
pub enum Rejects {
    /// As comma-separated values.
    Csv(Box<csv::Writer<File>>),
    /// As lines of JSON.
    Ndjson(BufWriter<File>),
}

impl Rejects {
    /// Begins the file; one that is there already is written anew.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn create(path: &Path, format: Format, delimiter: u8) -> io::Result<Self> {
        let file = File::create(path)?;
        match format {
            Format::Csv => {
                let builder = &mut csv::WriterBuilder::new();
                let mut writer = builder.delimiter(delimiter).from_writer(file);
                writer.write_record(["name", "email", "phone", "line", "reason"])?;
                Ok(Self::Csv(Box::new(writer)))
            }
            Format::Ndjson => Ok(Self::Ndjson(BufWriter::new(file))),
        }
    }

    /// Adds a row with the line where it was and the reason.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn add(&mut self, source: &RecordText, line: u64, reason: &str) -> io::Result<()> {
        match self {
            Self::Csv(writer) => {
                // Bytes as they were: what isn't text can be mended as well.
                let (line, reason) = (line.to_string(), printable(reason));
                let remarks = [line.as_bytes(), reason.as_bytes()];
                let fields = fields(source).into_iter().chain(remarks);
                Ok(writer.write_record(fields.map(disarmed))?)
            }
            Self::Ndjson(writer) => {
                let object = object(source, line, reason).to_string();
                writeln!(writer, "{}", printable_json(&object))
            }
        }
    }

    /// Writes what is buffered.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Csv(writer) => writer.flush(),
            Self::Ndjson(writer) => writer.flush(),
        }
    }
}

fn fields(source: &RecordText) -> [&[u8]; 3] {
    match source {
        RecordText::Fields([name, email, phone]) => [name, email, phone],
        RecordText::Line(line) => [line, &[], &[]],
    }
}

/// The object of the line with remarks, or the line as a text if it is none.
fn object(source: &RecordText, line: u64, reason: &str) -> Value {
    let [text, ..] = fields(source);
    let mut object = match serde_json::from_slice(text) {
        Ok(object @ Value::Object(_)) => object,
        _ => json!({ "text": String::from_utf8_lossy(text) }),
    };
    object["line"] = line.into();
    object["reason"] = reason.into();
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format, source: &RecordText) -> Vec<u8> {
        rejected(format, source, "email: is wrong")
    }

    fn rejected(format: Format, source: &RecordText, reason: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rejects");
        let mut rejects = Rejects::create(&path, format, b',').unwrap();
        rejects.add(source, 7, reason).unwrap();
        rejects.flush().unwrap();
        std::fs::read(path).unwrap()
    }

    #[test]
    fn rejected_fields_keep_their_bytes() {
        let fields = [b"A\xff,".to_vec(), b"a@b".to_vec(), Vec::new()];
        let expected = b"name,email,phone,line,reason\n\"A\xff,\",a@b,,7,email: is wrong\n";
        assert_eq!(written(Format::Csv, &RecordText::Fields(fields)), expected);
    }

    #[test]
    fn no_cell_is_a_formula_to_a_spreadsheet_and_each_is_read_again_as_it_was() {
        for cell in [
            "=1+1", "+49301", "-1", "@a", "\tx", "\rx", "'=1", "''-1", "'a", "'",
        ] {
            let fields = [
                cell.as_bytes().to_vec(),
                cell.as_bytes().to_vec(),
                Vec::new(),
            ];
            let source = RecordText::Fields(fields);
            let written = rejected(Format::Csv, &source, cell);
            let mut cells = csv::Reader::from_reader(&written[..]);
            for cell in &cells.records().next().unwrap().unwrap() {
                assert!(
                    !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                    "{cell}"
                );
            }
            let mut records = crate::import::csv::Records::open(&written[..], b',').unwrap();
            assert_eq!(records.read().unwrap().unwrap().source, source);
        }
    }

    #[test]
    fn a_reason_is_harmless_to_a_terminal() {
        for (format, expected) in [(Format::Csv, "\u{fffd}2J"), (Format::Ndjson, "\\u009b2J")] {
            let written = rejected(format, &RecordText::Line(b"{}".to_vec()), "\u{9b}2J");
            let written = String::from_utf8(written).unwrap();
            assert!(written.contains(expected), "{written:?}");
        }
    }

    #[test]
    fn a_rejected_object_has_the_reason_besides_its_own_fields() {
        let line = RecordText::Line(br#"{"name":"A"}"#.to_vec());
        let expected = "{\"line\":7,\"name\":\"A\",\"reason\":\"email: is wrong\"}\n";
        assert_eq!(written(Format::Ndjson, &line), expected.as_bytes());
    }

    #[test]
    fn a_rejected_line_that_is_no_object_is_kept_as_text() {
        let line = RecordText::Line(b"what\xff".to_vec());
        let expected = "{\"line\":7,\"reason\":\"email: is wrong\",\"text\":\"what\u{fffd}\"}\n";
        assert_eq!(written(Format::Ndjson, &line), expected.as_bytes());
    }
}
