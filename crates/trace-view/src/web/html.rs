//! Text from others as a part of HTML.

use grpc_common::{escape_html, printable};

/// The longest text that is shown, in characters.
const MOST: usize = 8_192;

/// `text` as a part of HTML, or of a value in quotes: it can't end either, nor reverse what is around it. The end
/// of a very long one is left out.
pub(super) fn text(text: &str) -> String {
    let shown: String = text.chars().take(MOST).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    escape_html(&printable(&shown)) + more
}

/// How many there are of what.
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_stays_text() {
        let script = "<script>alert('x')</script>\" onload=\"y&amp;";
        let expected =
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot; onload=&quot;y&amp;amp;";
        assert_eq!(text(script), expected);
        assert_eq!(text("a\u{202e}b\n"), "a\u{fffd}b\u{fffd}");
        assert_eq!(text(&"x".repeat(MOST + 1)).chars().count(), MOST + 1);
        assert!(text(&"é".repeat(MOST + 1)).ends_with("é…"));
    }
}
