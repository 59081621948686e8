//! Text as a part of HTML.

/// `text` as a part of HTML, or of a value in quotes, neither of which it can end.
pub fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_no_element_and_no_value() {
        let text = "<a href='x'>\"é\" &amp;</a>";
        let expected = "&lt;a href=&#39;x&#39;&gt;&quot;é&quot; &amp;amp;&lt;/a&gt;";
        assert_eq!(escape_html(text), expected);
    }
}
