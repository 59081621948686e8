//! From a file to batches of records, read ahead of their use.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::sync::mpsc;

use super::csv::dialect;
use super::{Format, LONGEST_RECORD, Record, csv, ndjson};

/// The most records of a batch, which is sent in one call.
const ROWS: usize = 5_000;
/// A batch ends early when its records have this number of bytes.
const BYTES: u64 = 4 * 1024 * 1024;
/// What some programs put in front of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// An input that is ready to be read.
pub struct Input {
    /// How it is written.
    pub format: Format,
    /// What separates its fields, if it has fields.
    pub delimiter: u8,
    /// How many bytes it has, if that is known.
    pub size: Option<u64>,
    from: Chain<Cursor<Vec<u8>>, BufReader<Counted>>,
}

/// Some records, one after the other.
#[derive(Debug)]
pub struct Batch {
    /// At least one.
    pub records: Vec<Record>,
    /// How many bytes of the input were read until here, more or less.
    pub position: u64,
}

/// Opens `file`, or standard input if it is `-`. Without a `format` it is that
/// of the extension, else of the first character.
///
/// # Errors
/// When there is no such file, or it isn't in UTF-8.
pub fn open(file: &Path, format: Option<Format>, delimiter: Option<u8>) -> Result<Input, String> {
    let (input, size): (Box<dyn Read + Send>, _) = match is_stdin(file) {
        true => (Box::new(io::stdin()), None),
        false => {
            let opened = File::open(file).map_err(|error| error.to_string())?;
            let metadata = opened.metadata().map_err(|error| error.to_string())?;
            let size = metadata.is_file().then_some(metadata.len());
            (Box::new(opened), size)
        }
    };
    let read = Arc::default();
    let mut from = BufReader::new(Counted { input, read });
    let (mut start, by_content) = beginning(&mut from)?;
    let format = format.or(by_name(file)).unwrap_or(by_content);
    if format == Format::Csv && delimiter.is_none() {
        read_titles(&mut from, &mut start)?;
    }
    let delimiter = delimiter.unwrap_or_else(|| dialect::of(&start));
    let from = Cursor::new(start).chain(from);
    Ok(Input {
        format,
        delimiter,
        size,
        from,
    })
}

/// Takes from `input` what a byte order mark would take, and returns it unless
/// it is one, with the format that `input` begins in. A pipe may give even the
/// mark in pieces.
fn beginning(input: &mut impl BufRead) -> Result<(Vec<u8>, Format), String> {
    let mut start = Vec::new();
    let length = BYTE_ORDER_MARK.len() as u64;
    let read = input.by_ref().take(length).read_to_end(&mut start);
    read.map_err(|error| error.to_string())?;
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return Err("it is in UTF-16; save it as UTF-8".to_owned());
    }
    if start == BYTE_ORDER_MARK {
        start.clear();
    }
    let rest = input.fill_buf().map_err(|error| error.to_string())?;
    let format = by_content(&[&start, rest].concat());
    Ok((start, format))
}

/// Takes as much of `input` as it needs to know the delimiter: the first line that isn't blank.
fn read_titles(input: &mut impl BufRead, start: &mut Vec<u8>) -> Result<(), String> {
    while !dialect::is_known(start) && start.len() < LONGEST_RECORD {
        let mut line = input.by_ref().take(LONGEST_RECORD as u64);
        let read = line.read_until(b'\n', start);
        if read.map_err(|error| error.to_string())? == 0 {
            break;
        }
    }
    Ok(())
}

/// Whether `file` stands for standard input.
pub fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

fn by_name(file: &Path) -> Option<Format> {
    let extension = file.extension()?.to_str()?.to_lowercase();
    match extension.as_str() {
        "csv" => Some(Format::Csv),
        "ndjson" | "jsonl" | "json" => Some(Format::Ndjson),
        _ => None,
    }
}

fn by_content(start: &[u8]) -> Format {
    match start.trim_ascii_start().first() {
        Some(b'{' | b'[') => Format::Ndjson,
        _ => Format::Csv,
    }
}

/// Sends all records of `input` as batches, and at last what keeps it from
/// reading on, if anything does. It ends when the receiver is dropped.
pub fn read(input: Input, to: &mpsc::Sender<Result<Batch, String>>) {
    let position = Arc::clone(&input.from.get_ref().1.get_ref().read);
    let read = match input.format {
        Format::Csv => csv::Records::open(input.from, input.delimiter)
            .and_then(|mut records| batches(|| records.read(), &position, to)),
        Format::Ndjson => ndjson::Records::open(input.from)
            .and_then(|mut records| batches(|| records.read(), &position, to)),
    };
    if let Err(error) = read {
        let _ = to.blocking_send(Err(error));
    }
}

fn batches(
    mut next: impl FnMut() -> Result<Option<Record>, String>,
    position: &AtomicU64,
    to: &mpsc::Sender<Result<Batch, String>>,
) -> Result<(), String> {
    let mut begin = position.load(Relaxed);
    let mut records = Vec::new();
    loop {
        let record = next();
        let more = matches!(record, Ok(Some(_)));
        let end = record.map(|record| records.extend(record));
        let position = position.load(Relaxed);
        let full = records.len() == ROWS || position - begin >= BYTES;
        if (full || !more) && !records.is_empty() {
            begin = position;
            let records = std::mem::take(&mut records);
            if to.blocking_send(Ok(Batch { records, position })).is_err() {
                return Ok(());
            }
        }
        end?;
        if !more {
            return Ok(());
        }
    }
}

/// Counts the bytes that go through.
struct Counted {
    input: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.read.fetch_add(read as u64, Relaxed);
        Ok(read)
    }
}

/// Whether both are one file, which can't be read and written at once. What
/// standard input comes from is looked at as well.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    let real = |file: &Path| match is_stdin(file) {
        true => std::fs::canonicalize("/dev/stdin"),
        false => std::fs::canonicalize(file),
    };
    match (real(one), real(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_that_of_the_name_or_of_the_first_character() {
        assert_eq!(by_name(Path::new("a.CSV")), Some(Format::Csv));
        assert_eq!(by_name(Path::new("a.jsonl")), Some(Format::Ndjson));
        assert_eq!(by_name(Path::new("-")), None);
        assert_eq!(by_content(b" \n{\"name\""), Format::Ndjson);
        assert_eq!(by_content(b"\n [\n{\"name\""), Format::Ndjson);
        assert_eq!(by_content(b"name,email"), Format::Csv);
        assert_eq!(by_content(b""), Format::Csv);
    }

    #[test]
    fn a_byte_order_mark_in_pieces_is_no_part_of_what_follows() {
        let table: [(&[u8], &[u8], Format); 4] = [
            (b"\xef\xbb\xbf{\"name\"", b"{\"name\"", Format::Ndjson),
            (b"\xef\xbb\xbfname", b"name", Format::Csv),
            (b"{}", b"{}", Format::Ndjson),
            (b"", b"", Format::Csv),
        ];
        for (input, expected, format) in table {
            let mut input = BufReader::with_capacity(1, input);
            let (mut all, known) = beginning(&mut input).unwrap();
            input.read_to_end(&mut all).unwrap();
            assert_eq!((&all[..], known), (expected, format));
        }
        let mut wide = BufReader::with_capacity(1, &b"\xff\xfen\0"[..]);
        assert!(beginning(&mut wide).unwrap_err().contains("UTF-16"));
    }

    #[tokio::test]
    async fn batches_are_bounded_and_what_comes_before_an_error_is_not_lost() {
        let (to, mut batches_read) = mpsc::channel(9);
        let mut count = 0;
        let next = move || {
            count += 1;
            match count {
                ..=7_000 => Ok(Some(Record {
                    line: count,
                    source: super::super::RecordText::Line(Vec::new()),
                    user: Err(String::new()),
                })),
                _ => Err("no more".to_owned()),
            }
        };
        let reading = tokio::task::spawn_blocking(move || batches(next, &AtomicU64::new(0), &to));
        let mut sizes = Vec::new();
        while let Some(Ok(batch)) = batches_read.recv().await {
            sizes.push(batch.records.len());
        }
        assert_eq!(sizes, [5_000, 2_000]);
        assert_eq!(reading.await.unwrap(), Err("no more".to_owned()));
    }
}
