//! Text in cells of a terminal: cut to fit, and padded.

use console::{Alignment, measure_text_width, pad_str, truncate_str};

/// How many cells `text` takes.
pub(crate) fn width(text: &str) -> usize {
    measure_text_width(text)
}

/// The beginning of `text` in at most `limit` cells, with `…` where something is missing.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    match limit {
        // Not even the mark has room.
        0 => String::new(),
        _ => truncate_str(text, limit, "…").into_owned(),
    }
}

/// `text` followed by spaces up to `cells`.
pub(crate) fn pad(text: &str, cells: usize) -> String {
    pad_str(text, cells, Alignment::Left, None).into_owned()
}

/// `text` preceded by spaces up to `cells`.
pub(crate) fn pad_left(text: &str, cells: usize) -> String {
    pad_str(text, cells, Alignment::Right, None).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_is_left_alone() {
        assert_eq!(cut("GET", 3), "GET");
        assert_eq!(cut("", 0), "");
    }

    #[test]
    fn a_cut_keeps_the_limit() {
        assert_eq!(cut("INSERT users", 7), "INSERT…");
        assert_eq!(cut("anything", 1), "…");
        assert_eq!(cut("anything", 0), "");
    }

    #[test]
    fn wide_characters_count_two_cells() {
        assert_eq!(width("日本"), 4);
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(pad("日", 4), "日  ");
        assert_eq!(pad_left("日", 4), "  日");
    }
}
