//! Which character separates the fields of a file.

use std::io::{self, BufRead};

use super::COLUMNS;
use super::parser::Parser;
use crate::import::window::Window;

/// What is tried, the usual one first.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// The line by which spreadsheets tell each other, followed by the delimiter.
const HINT: &[u8] = b"sep=";

/// The delimiter of a file that begins with `start`: what `sep=` names, else the one by which
/// its first line has the titles of users, else a comma.
pub fn of(start: &[u8]) -> u8 {
    if let Some(delimiter) = hint(start) {
        return delimiter;
    }
    let titles = start.trim_ascii_start();
    let by_titles = DELIMITERS.into_iter().find(|it| has_titles(titles, *it));
    by_titles.unwrap_or(DELIMITERS[0])
}

/// Whether a file that begins with `start` says more about its delimiter in the line that follows.
pub fn is_known(start: &[u8]) -> bool {
    let text = start.trim_ascii_start();
    text.contains(&b'\n') || text.contains(&b'\r')
}

fn hint(start: &[u8]) -> Option<u8> {
    let line = start.trim_ascii_start();
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    let delimiter = line.strip_prefix(HINT)?.first().copied();
    delimiter.filter(|it| !b"\"\r\n".contains(it))
}

fn has_titles(line: &[u8], delimiter: u8) -> bool {
    let mut parser = Parser::new(delimiter);
    if parser.feed(line).is_none() {
        parser.feed(b"\n");
    }
    let titles = parser.record();
    let has = |column: &&str| {
        let mut titles = titles.iter().map(<[u8]>::trim_ascii);
        titles.any(|title| title.eq_ignore_ascii_case(column.as_bytes()))
    };
    COLUMNS[..2].iter().all(has)
}

/// Goes past the line that names the delimiter, if the input begins with one.
pub(super) fn pass_hint<R: BufRead>(window: &mut Window<R>) -> io::Result<()> {
    if window.pass_blank_lines()?
        && window.line_length()?.is_some()
        && hint(window.bytes()).is_some()
    {
        window.pass_line()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_the_one_by_which_the_titles_are_those_of_users() {
        for (start, expected) in [
            ("name,email\n", b','),
            ("name;email;phone\nA;B\n", b';'),
            ("\nEmail\tName", b'\t'),
            ("\"email\"|\"name\"\n", b'|'),
            ("sep=;\nname;email\n", b';'),
            ("\"sep=\t\"\r\nname\temail\n", b'\t'),
            ("sep=^\nname^email\n", b'^'),
            ("name;\"email, the first\"\n", b','),
            ("", b','),
        ] {
            assert_eq!(of(start.as_bytes()), expected, "{start:?}");
        }
    }
}
