//! The options of `import`.

use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::{PathBufValueParser, TypedValueParser};

use super::values::written_file;

/// Users to import.
#[derive(Clone, Debug, clap::Args)]
pub struct Import {
    /// The file, or - for standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The format of the file [default: that of its extension, else of its first character].
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<ImportFormat>,
    /// The delimiter of a CSV file: one character, or tab [default: detected in its first line].
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub delimiter: Option<u8>,
    /// Write rejected rows to this file, with their reasons, to be corrected and imported.
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(written_file))]
    pub rejects: Option<PathBuf>,
}

/// The format of a file of users.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ImportFormat {
    /// Comma-separated values below a line of titles, or with another delimiter.
    Csv,
    /// JSON objects, one on each line, or a list of them.
    Ndjson,
}

impl From<ImportFormat> for crate::import::Format {
    fn from(format: ImportFormat) -> Self {
        match format {
            ImportFormat::Csv => Self::Csv,
            ImportFormat::Ndjson => Self::Ndjson,
        }
    }
}

/// A character that can separate fields: not a quote, and not the end of a line.
fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !b"\"\r\n\0".contains(byte) => Ok(*byte),
        _ => Err("write one character, such as ; or tab".to_owned()),
    }
}
