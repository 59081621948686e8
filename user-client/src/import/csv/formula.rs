//! Cells that a spreadsheet would run as a formula.
//!
//! A file of rejects is opened in a spreadsheet to be mended. There a quote in front of a cell makes
//! it text, so one is added where a cell is written and taken away where one is read.

use std::borrow::Cow;

/// What a formula begins with; after tab and carriage return some spreadsheets look on.
const BEGINNINGS: &[u8] = b"=+-@\t\r";
const QUOTE: u8 = b'\'';

/// `cell` as it is written.
pub fn disarmed(cell: &[u8]) -> Cow<'_, [u8]> {
    match is_formula_after_quotes(cell) {
        true => Cow::Owned([&[QUOTE], cell].concat()),
        false => Cow::Borrowed(cell),
    }
}

/// The cell that `written` stands for.
pub(super) fn restored(written: &[u8]) -> &[u8] {
    match written.split_first() {
        Some((&QUOTE, cell)) if is_formula_after_quotes(cell) => cell,
        _ => written,
    }
}

/// Cells that have quotes already get one more, so that each is read as it was.
fn is_formula_after_quotes(cell: &[u8]) -> bool {
    let begin = cell.iter().find(|byte| **byte != QUOTE);
    begin.is_some_and(|byte| BEGINNINGS.contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_becomes_text_and_everything_is_read_as_it_was() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("+4930123456", "'+4930123456"),
            ("''@a", "'''@a"),
            ("Ada", "Ada"),
            ("'Ada", "'Ada"),
            ("'", "'"),
            ("", ""),
        ] {
            assert_eq!(disarmed(cell.as_bytes()), written.as_bytes());
            assert_eq!(restored(written.as_bytes()), cell.as_bytes());
        }
    }
}
