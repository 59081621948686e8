//! Text as a terminal shows it: its width in cells, cut to fit, made harmless.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Which part of a text survives when it is cut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Keep {
    /// The beginning: `workflow user-man…`.
    Start,
    /// The end: `…Service/CreateUser`.
    End,
}

/// How many cells `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` without what a terminal would obey rather than show: a name that
/// came over the wire must not move the cursor or turn the line around.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|char| if obeyed(char) { '\u{FFFD}' } else { char })
        .collect()
}

fn obeyed(char: char) -> bool {
    let bidirectional = matches!(char, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    char.is_control() || bidirectional
}

/// `text` in at most `limit` cells, with `…` where something is missing.
pub fn cut(text: &str, limit: usize, keep: Keep) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    if limit == 0 {
        return String::new();
    }
    match keep {
        Keep::Start => format!("{}…", take(text.chars(), limit - 1)),
        Keep::End => {
            let reversed = take(text.chars().rev(), limit - 1);
            format!("…{}", reversed.chars().rev().collect::<String>())
        }
    }
}

/// The first characters that fit into `limit` cells.
fn take(chars: impl Iterator<Item = char>, limit: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|char| {
            used += char.width().unwrap_or(0);
            used <= limit
        })
        .collect()
}

/// `text` followed by spaces up to `cells`.
pub fn pad(text: &str, cells: usize) -> String {
    let missing = cells.saturating_sub(width(text));
    format!("{text}{:missing$}", "")
}

/// `text` preceded by spaces up to `cells`.
pub fn pad_left(text: &str, cells: usize) -> String {
    let missing = cells.saturating_sub(width(text));
    format!("{:missing$}{text}", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_is_left_alone() {
        assert_eq!(cut("GET", 3, Keep::Start), "GET");
        assert_eq!(cut("", 0, Keep::End), "");
    }

    #[test]
    fn a_cut_keeps_the_asked_for_end_and_the_limit() {
        assert_eq!(cut("INSERT users", 7, Keep::Start), "INSERT…");
        assert_eq!(
            cut("user.v1.UserService/GetUser", 9, Keep::End),
            "…/GetUser"
        );
        assert_eq!(cut("anything", 1, Keep::Start), "…");
        assert_eq!(cut("anything", 0, Keep::Start), "");
    }

    #[test]
    fn wide_characters_count_two_cells() {
        assert_eq!(width("日本"), 4);
        assert_eq!(cut("日本語", 5, Keep::Start), "日本…");
        assert_eq!(cut("日本語", 4, Keep::Start), "日…");
        assert_eq!(pad("日", 4), "日  ");
        assert_eq!(pad_left("日", 4), "  日");
    }

    #[test]
    fn terminal_commands_become_visible_marks() {
        assert_eq!(
            printable("a\u{1b}[31mb\n\u{202e}c"),
            "a\u{fffd}[31mb\u{fffd}\u{fffd}c"
        );
    }
}
