//! Lines of any input, none of which can fill the memory.

use std::io::{self, BufRead, Read};

/// A line of an input.
#[derive(Debug, Eq, PartialEq)]
pub enum Line {
    /// All of it, without its end.
    Whole(Vec<u8>),
    /// Its beginning; the rest was passed over.
    TooLong(Vec<u8>),
}

/// The next line of `input`, of which at most `limit` bytes are kept, or
/// nothing at the end.
///
/// # Errors
/// When `input` can't be read.
pub fn next(input: &mut impl BufRead, limit: usize) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    // One byte more for the end of the line.
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    if input.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.pop_if(|byte| *byte == b'\n').is_none() && line.len() > limit {
        line.truncate(limit);
        input.skip_until(b'\n')?;
        return Ok(Some(Line::TooLong(line)));
    }
    line.pop_if(|byte| *byte == b'\r');
    Ok(Some(Line::Whole(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut input: &[u8], limit: usize) -> Vec<Line> {
        std::iter::from_fn(|| next(&mut input, limit).unwrap()).collect()
    }

    fn whole(text: &str) -> Line {
        Line::Whole(text.as_bytes().to_vec())
    }

    #[test]
    fn lines_end_in_any_of_the_usual_ways() {
        let expected = [whole("a"), whole("b"), whole(""), whole("c")];
        assert_eq!(all(b"a\nb\r\n\nc", 9), expected);
        assert_eq!(all(b"", 9), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_spoils_no_other() {
        let expected = [whole("abc"), Line::TooLong(b"abc".to_vec()), whole("x")];
        assert_eq!(all(b"abc\nabcdefgh\nx\n", 3), expected);
        assert_eq!(all(b"abcd", 3), [Line::TooLong(b"abc".to_vec())]);
    }
}
