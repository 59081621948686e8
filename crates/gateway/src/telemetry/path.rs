//! Paths without what could be personal: spans show numbers and the words of routes.

use std::collections::HashSet;

use crate::documents::OPENAPI;
use crate::routes::Routes;

/// What a part of a path that is not shown is replaced by, as the conventions say.
const REDACTED: &str = "REDACTED";
/// The parts of a path that are shown at most.
const MAX_PARTS: usize = 16;
/// The digits of the largest number of 64 bits.
const MAX_DIGITS: usize = 20;

/// Shows paths.
#[derive(Debug)]
pub(super) struct ShownPath(HashSet<String>);

impl ShownPath {
    /// Shows the literals of `routes`.
    pub(super) fn of(routes: &Routes) -> Self {
        let templates = routes.iter().map(|route| route.template());
        let parts = templates.flat_map(|it| it.split(['/', ':', '{', '=', '}']));
        let literals = parts.filter(|part| !part.contains('*'));
        let literals = literals.chain([OPENAPI.trim_start_matches('/')]);
        Self(literals.map(str::to_owned).collect())
    }

    /// `path` as a span has it.
    pub(super) fn show(&self, path: &str) -> String {
        let mut shown = String::with_capacity(path.len());
        for part in path.split_inclusive(['/', ':']).take(MAX_PARTS) {
            let word = part.trim_end_matches(['/', ':']);
            let is_number = word.len() <= MAX_DIGITS && word.bytes().all(|it| it.is_ascii_digit());
            match is_number || self.0.contains(word) {
                true => shown.push_str(part),
                false => {
                    shown.push_str(REDACTED);
                    shown.push_str(&part[word.len()..]);
                }
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::shop;

    #[test]
    fn only_numbers_and_words_of_routes_are_shown() {
        let path = ShownPath::of(&Routes::of(&shop()).unwrap());
        for (given, shown) in [
            ("/v1/items/7", "/v1/items/7"),
            ("/v1/items/7:block", "/v1/items/7:block"),
            ("/v1/items/ada@example.com", "/v1/items/REDACTED"),
            ("/v1/shelves/ada/items/7", "/v1/shelves/REDACTED/items/7"),
            ("/wp-admin/x.php", "/REDACTED/REDACTED"),
            ("/", "/"),
            ("/v1//items", "/v1//items"),
            ("/999999999999999999999", "/REDACTED"),
        ] {
            assert_eq!(path.show(given), shown);
        }
        assert!(path.show(&"/v1".repeat(1000)).len() < 100);
    }
}
