//! Which text a reader of `/metrics` prefers.

use super::openmetrics::Format;

/// The format that `accept`, a header of HTTP, prefers: OpenMetrics unless text is wanted more.
pub(super) fn preferred(accept: Option<&str>) -> Format {
    let Some(accept) = accept else {
        return Format::OpenMetrics;
    };
    let open = quality(
        accept,
        ["application/openmetrics-text", "application/*", "*/*"],
    );
    let text = quality(accept, ["text/plain", "text/*", "*/*"]);
    match text > open {
        true => Format::Text,
        false => Format::OpenMetrics,
    }
}

/// How much `accept` wants what each of `ranges` is a name of, the most specific first; 0 is not at all.
fn quality(accept: &str, ranges: [&str; 3]) -> f32 {
    let of = |wanted: &str| {
        let entries = accept
            .split(',')
            .map(|entry| entry.split(';').map(str::trim));
        let named = entries.filter_map(|mut parts| {
            let range = parts.next()?;
            let quality = parts.find_map(|it| it.strip_prefix("q=")?.parse().ok());
            range
                .eq_ignore_ascii_case(wanted)
                .then(|| quality.unwrap_or(1.0))
        });
        named.reduce(f32::max)
    };
    ranges.into_iter().find_map(of).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_written_where_it_is_wanted_more() {
        let text = [
            "text/plain;version=0.0.4",
            "text/plain",
            "text/*",
            "Text/Plain; q=0.5, application/openmetrics-text;q=0.4",
            "text/plain, */*;q=0.1",
        ];
        for accept in text {
            assert_eq!(preferred(Some(accept)), Format::Text, "{accept}");
        }
        let open = [
            "",
            "*/*",
            "text/html,*/*;q=0.8",
            "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            "application/json",
        ];
        for accept in open {
            assert_eq!(preferred(Some(accept)), Format::OpenMetrics, "{accept}");
        }
        assert_eq!(preferred(None), Format::OpenMetrics);
    }
}
