//! Text from others, made harmless to print.

/// `text` with a replacement character (U+FFFD) for each character that a terminal obeys instead of
/// showing it: text that came over the wire must not move the cursor or reverse the line.
pub fn printable(text: &str) -> String {
    let shown = |char| match is_harmful(char) {
        true => char::REPLACEMENT_CHARACTER,
        false => char,
    };
    text.chars().map(shown).collect()
}

fn is_harmful(char: char) -> bool {
    let bidirectional = matches!(char, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    char.is_control() || bidirectional
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_commands_become_visible_marks() {
        assert_eq!(
            printable("a\u{1b}[31mb\n\u{202e}c"),
            "a\u{fffd}[31mb\u{fffd}\u{fffd}c"
        );
    }
}
