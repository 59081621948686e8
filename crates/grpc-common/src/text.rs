//! Text from others, made harmless to print.

/// Whether a terminal, or what lays out text in it, obeys `char` instead of showing it: control
/// characters, those that reverse or isolate text, and those that can't be seen.
pub fn is_harmful(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{061C}' // Arabic letter mark
            | '\u{200B}' // zero width space
            | '\u{200E}'..='\u{200F}' // left-to-right and right-to-left marks
            | '\u{2028}'..='\u{2029}' // line and paragraph separators
            | '\u{202A}'..='\u{202E}' // embeddings and overrides
            | '\u{2060}'..='\u{2064}' // word joiner, invisible operators
            | '\u{2066}'..='\u{206F}' // isolates, deprecated format characters
            | '\u{FEFF}' // byte order mark
            | '\u{E0000}'..='\u{E007F}' // tags
        )
}

/// `text` with a replacement character (U+FFFD) for each harmful one: text that came over the wire
/// must not move the cursor, reverse the line, or look like another text.
pub fn printable(text: &str) -> String {
    let shown = |char| match is_harmful(char) {
        true => char::REPLACEMENT_CHARACTER,
        false => char,
    };
    text.chars().map(shown).collect()
}

/// `json`, which is JSON on one line, with harmful characters escaped as `\uXXXX`: it is read as the
/// same value.
pub fn printable_json(json: &str) -> String {
    if !json.contains(is_harmful) {
        return json.to_owned();
    }
    let mut line = String::with_capacity(json.len());
    for char in json.chars() {
        match is_harmful(char) {
            true => line.push_str(&escaped(char)),
            false => line.push(char),
        }
    }
    line
}

fn escaped(char: char) -> String {
    let mut units = [0; 2];
    let units = char.encode_utf16(&mut units).iter();
    units.map(|unit| format!("\\u{unit:04x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first and the last of each range, and what lies between where it is another kind.
    const HARMFUL: &str = "\0\t\n\r\u{1b}\u{7f}\u{80}\u{9b}\u{9f}\u{61c}\u{200b}\u{200e}\u{200f}\
        \u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2064}\u{2066}\u{2069}\u{206a}\u{206f}\u{feff}\
        \u{e0000}\u{e0001}\u{e007f}";

    #[test]
    fn what_is_obeyed_instead_of_shown_is_harmful_and_letters_of_any_script_are_not() {
        for char in HARMFUL.chars() {
            assert!(is_harmful(char), "{char:?}");
        }
        // Joiners belong to how Persian, Hindi and emoji are written.
        for char in "aß日न\u{200c}\u{200d}👩\u{fe0f}\u{a0}\u{301}\u{fffd}".chars() {
            assert!(!is_harmful(char), "{char:?}");
        }
    }

    #[test]
    fn terminal_commands_become_visible_marks() {
        assert_eq!(
            printable("a\u{1b}[31mb\n\u{202e}c\u{200b}"),
            "a\u{fffd}[31mb\u{fffd}\u{fffd}c\u{fffd}"
        );
    }

    #[test]
    fn in_json_they_are_escaped() {
        let json = "{\"name\":\"a\u{9b}31m\u{202e}\u{e0041}é\"}";
        let expected = r#"{"name":"a\u009b31m\u202e\udb40\udc41é"}"#;
        assert_eq!(printable_json(json), expected);
        assert_eq!(printable_json("{}"), "{}");
    }
}
