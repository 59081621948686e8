//! Where a value of JSON ends, before it is parsed.

/// What was found so far.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Scan {
    /// The value ends before this byte.
    End(usize),
    /// It may go on in what follows.
    Open,
    /// This is not JSON: a text has an end of a line in it.
    Broken,
}

/// Counts brackets outside of texts, in one pass over input that comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    seen: usize,
    depth: usize,
    in_text: bool,
    is_escaped: bool,
}

impl Scanner {
    /// Continues where it was; `input` begins where the value does and has what was there before.
    pub(super) fn scan(&mut self, input: &[u8]) -> Scan {
        for (at, byte) in input.iter().copied().enumerate().skip(self.seen) {
            self.seen = at + 1;
            let found = match self.in_text {
                true => self.in_text(at, byte),
                false => self.outside(at, byte),
            };
            if found != Scan::Open {
                return found;
            }
        }
        Scan::Open
    }

    fn in_text(&mut self, at: usize, byte: u8) -> Scan {
        match byte {
            b'\n' => return Scan::Broken,
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' => self.is_escaped = true,
            b'"' => {
                self.in_text = false;
                return self.end_at_depth_0(at + 1);
            }
            _ => {}
        }
        Scan::Open
    }

    fn outside(&mut self, at: usize, byte: u8) -> Scan {
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' | b',' if self.depth == 0 => return Scan::End(at),
            b'}' | b']' => {
                self.depth -= 1;
                return self.end_at_depth_0(at + 1);
            }
            _ if byte.is_ascii_whitespace() => return self.end_at_depth_0(at),
            _ => {}
        }
        Scan::Open
    }

    fn end_at_depth_0(&self, at: usize) -> Scan {
        match self.depth {
            0 => Scan::End(at),
            _ => Scan::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_with_its_last_bracket_in_however_many_pieces_it_comes() {
        for (input, length) in [
            (r#"{"a":"}\"]"} x"#, 12),
            ("{\n\"a\":[1,{}]\n},", 14),
            (r#""a,b",1"#, 5),
            ("17,18", 2),
            ("null]", 4),
        ] {
            let input = input.as_bytes();
            let mut scanner = Scanner::default();
            let pieces = (1..=input.len()).map(|end| scanner.scan(&input[..end]));
            let end = pieces.into_iter().find(|found| *found != Scan::Open);
            assert_eq!(end, Some(Scan::End(length)), "{input:?}");
        }
    }

    #[test]
    fn a_text_does_not_go_on_in_the_next_line() {
        assert_eq!(Scanner::default().scan(b"{\"a\":\"b\n\"}"), Scan::Broken);
        assert_eq!(Scanner::default().scan(b"{\"a\":"), Scan::Open);
    }
}
