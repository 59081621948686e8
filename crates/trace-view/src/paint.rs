//! Colour: the styles of a picture, which can be switched off.

use console::Style;

/// A failed span or call.
pub(crate) const RED: Style = Style::new().red();
/// Noteworthy, but not failed.
pub(crate) const YELLOW: Style = Style::new().yellow();
/// As expected or better.
pub(crate) const GREEN: Style = Style::new().green();
/// Less important than the rest.
pub(crate) const DIM: Style = Style::new().dim();
/// More important than the rest.
pub(crate) const BOLD: Style = Style::new().bold();

/// Paints when switched on; otherwise text stays as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint(pub(crate) bool);

impl Paint {
    /// `text` in `style`. Blank text stays as it is, so that it can be trimmed at the end of a line.
    pub(crate) fn text(self, style: &Style, text: &str) -> String {
        if text.trim().is_empty() {
            return text.to_owned();
        }
        let style = style.clone().force_styling(self.0);
        style.apply_to(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paint_that_is_off_changes_nothing() {
        assert_eq!(Paint(false).text(&RED, "x"), "x");
    }

    #[test]
    fn painted_text_ends_its_style() {
        assert_eq!(Paint(true).text(&RED, "x"), "\u{1b}[31mx\u{1b}[0m");
    }

    #[test]
    fn blank_text_needs_no_paint() {
        assert_eq!(Paint(true).text(&DIM, "  "), "  ");
    }
}
