//! What the terminal can do: its width, and whether to use colour.

use std::io::IsTerminal;

use terminal_size::Width;

use crate::args::ColorWhen;
use crate::output::paint::Paint;

/// The width where nothing else is known.
const DEFAULT_WIDTH: usize = 100;
/// Nobody reads lines longer than this.
const WIDEST: usize = 400;

/// The width to draw for: `COLUMNS`, else the terminal's, else 100 cells.
pub fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok();
    let terminal = terminal_size::terminal_size().map(|(Width(width), _)| usize::from(width));
    chosen_width(columns.as_deref(), terminal)
}

fn chosen_width(columns: Option<&str>, terminal: Option<usize>) -> usize {
    let columns = columns.and_then(|text| text.trim().parse().ok());
    let known = columns.or(terminal).filter(|width| *width > 0);
    known.unwrap_or(DEFAULT_WIDTH).min(WIDEST)
}

/// Whether to paint on `stream`.
pub fn paint(when: ColorWhen, stream: &impl IsTerminal) -> Paint {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    chosen_paint(when, stream.is_terminal(), set("NO_COLOR") || dumb)
}

fn chosen_paint(when: ColorWhen, terminal: bool, unwanted: bool) -> Paint {
    match when {
        ColorWhen::Always => Paint(true),
        ColorWhen::Never => Paint(false),
        ColorWhen::Auto => Paint(terminal && !unwanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_before_the_terminal() {
        assert_eq!(chosen_width(Some("72"), Some(200)), 72);
        assert_eq!(chosen_width(None, Some(200)), 200);
        assert_eq!(chosen_width(None, None), 100);
    }

    #[test]
    fn senseless_widths_are_ignored() {
        assert_eq!(chosen_width(Some("wide"), Some(90)), 90);
        assert_eq!(chosen_width(Some("0"), None), 100);
        assert_eq!(chosen_width(Some("999999999"), None), 400);
    }

    #[test]
    fn colour_is_for_terminals_unless_told_otherwise() {
        assert_eq!(chosen_paint(ColorWhen::Auto, true, false), Paint(true));
        assert_eq!(chosen_paint(ColorWhen::Auto, true, true), Paint(false));
        assert_eq!(chosen_paint(ColorWhen::Auto, false, false), Paint(false));
        assert_eq!(chosen_paint(ColorWhen::Always, false, true), Paint(true));
        assert_eq!(chosen_paint(ColorWhen::Never, true, false), Paint(false));
    }
}
