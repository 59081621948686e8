//! Which callers accept responses that are compressed by gzip.

use http::{HeaderMap, HeaderName};

/// Whether the header `name`, such as `accept-encoding`, accepts gzip ([RFC 9110], 12.5.3).
///
/// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
pub fn accepts_gzip(headers: &HeaderMap, name: &HeaderName) -> bool {
    let values = headers.get_all(name).iter();
    let mut texts = values.filter_map(|value| value.to_str().ok());
    texts.any(|text| text.split(',').any(is_gzip))
}

/// Whether `element`, such as `gzip;q=0.5`, accepts gzip.
fn is_gzip(element: &str) -> bool {
    let mut parts = element.split(';').map(str::trim);
    let named = parts
        .next()
        .is_some_and(|it| it.eq_ignore_ascii_case("gzip"));
    let weight = parts.find_map(|it| it.strip_prefix("q="));
    named && weight.is_none_or(|it| it.parse() != Ok(0.0))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::ACCEPT_ENCODING;

    use super::*;

    #[test]
    fn gzip_is_accepted_where_it_is_named_and_not_excluded() {
        for (value, accepted) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("deflate, br", false),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(
                accepts_gzip(&headers, &ACCEPT_ENCODING),
                accepted,
                "{value}"
            );
        }
        assert!(!accepts_gzip(&HeaderMap::new(), &ACCEPT_ENCODING));
    }
}
