//! One record, from pieces of an input.

use csv::ByteRecord;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// What output has room for at first.
const ROOM: usize = 256;

/// The fields of a record as far as they are known.
pub(super) struct Parser {
    reader: Reader,
    fields: Vec<u8>,
    written: usize,
    ends: Vec<usize>,
    ended: usize,
}

impl Parser {
    pub(super) fn new(delimiter: u8) -> Self {
        Self {
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            fields: vec![0; ROOM],
            written: 0,
            ends: vec![0; ROOM],
            ended: 0,
        }
    }

    /// Forgets all, as a new record begins. A new reader would cost more than most records.
    pub(super) fn begin(&mut self) {
        self.reader.reset();
        self.written = 0;
        self.ended = 0;
    }

    /// Continues with `input`. If the record ends in it, says after how many bytes.
    /// Without any input the record ends as it is.
    pub(super) fn feed(&mut self, input: &[u8]) -> Option<usize> {
        let mut read = 0;
        loop {
            let (result, taken, written, ended) = self.reader.read_record(
                &input[read..],
                &mut self.fields[self.written..],
                &mut self.ends[self.ended..],
            );
            read += taken;
            self.written += written;
            self.ended += ended;
            match result {
                ReadRecordResult::InputEmpty => return None,
                ReadRecordResult::OutputFull => self.fields.resize(self.fields.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record | ReadRecordResult::End => return Some(read),
            }
        }
    }

    pub(super) fn record(&self) -> ByteRecord {
        let mut begin = 0;
        let ends = self.ends[..self.ended].iter();
        let fields = ends.map(|end| &self.fields[std::mem::replace(&mut begin, *end)..*end]);
        fields.collect()
    }
}
