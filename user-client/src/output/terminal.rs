//! What the terminal can do: its width, and whether to use colour.

use std::io::IsTerminal;

use console::Term;

use crate::args::ColorWhen;

/// The width where nothing else is known.
const DEFAULT_WIDTH: usize = 100;
/// The widest line.
const WIDEST: usize = 400;

/// The width to draw for: `COLUMNS`, else the terminal's, else 100 cells.
pub fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok();
    let size = Term::stdout().size_checked();
    let size = size.or_else(|| Term::stderr().size_checked());
    chosen_width(columns.as_deref(), size.map(|(_, width)| width.into()))
}

fn chosen_width(columns: Option<&str>, terminal: Option<usize>) -> usize {
    let columns = columns.and_then(|text| text.trim().parse().ok());
    let known = columns.or(terminal).filter(|width| *width > 0);
    known.unwrap_or(DEFAULT_WIDTH).min(WIDEST)
}

/// Whether to use colour on `stream`. The rules of `console` differ: it heeds an empty NO_COLOR.
pub fn color(when: ColorWhen, stream: &impl IsTerminal) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    chosen_color(when, stream.is_terminal(), set("NO_COLOR") || dumb)
}

fn chosen_color(when: ColorWhen, terminal: bool, unwanted: bool) -> bool {
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => terminal && !unwanted,
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
        assert!(chosen_color(ColorWhen::Auto, true, false));
        assert!(!chosen_color(ColorWhen::Auto, true, true));
        assert!(!chosen_color(ColorWhen::Auto, false, false));
        assert!(chosen_color(ColorWhen::Always, false, true));
        assert!(!chosen_color(ColorWhen::Never, true, false));
    }
}
