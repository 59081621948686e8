//! Colour: a few ANSI styles, or none.

/// A style that a piece of text can have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hue {
    /// Failed.
    Red,
    /// Noteworthy, but not failed.
    Yellow,
    /// Fine.
    Green,
    /// A service of a trace.
    Cyan,
    /// A service of a trace.
    Magenta,
    /// A service of a trace.
    Blue,
    /// Less important than the rest.
    Dim,
    /// More important than the rest.
    Bold,
}

impl Hue {
    fn code(self) -> &'static str {
        match self {
            Self::Red => "31",
            Self::Yellow => "33",
            Self::Green => "32",
            Self::Cyan => "36",
            Self::Magenta => "35",
            Self::Blue => "34",
            Self::Dim => "2",
            Self::Bold => "1",
        }
    }
}

/// Paints when switched on; otherwise text stays as it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Paint(pub bool);

impl Paint {
    /// `text` in `hue`.
    pub fn text(self, hue: Hue, text: &str) -> String {
        if !self.0 || text.trim().is_empty() {
            return text.to_owned();
        }
        format!("\u{1b}[{}m{text}\u{1b}[0m", hue.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paint_that_is_off_changes_nothing() {
        assert_eq!(Paint(false).text(Hue::Red, "x"), "x");
    }

    #[test]
    fn painted_text_ends_its_style() {
        assert_eq!(Paint(true).text(Hue::Red, "x"), "\u{1b}[31mx\u{1b}[0m");
    }

    #[test]
    fn blank_text_needs_no_paint() {
        assert_eq!(Paint(true).text(Hue::Dim, "  "), "  ");
    }
}
