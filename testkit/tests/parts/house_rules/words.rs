//! Documents use the field's terms: a reader who searches for one finds it.

use std::fs;

use super::documents::documents;

/// A home-made phrase, and the term to use instead.
pub(super) const TERMS: [(&str, &str); 40] = [
    ("anybody", "any client, any peer"),
    ("answer", "response"),
    ("answered", "returned, served"),
    ("answers", "returns, responses"),
    ("as many as", "maximum"),
    ("asks", "requests, queries, requires"),
    ("at its most", "peak"),
    ("at rest", "idle"),
    ("authorities", "CA certificates, CA bundle"),
    ("breaker", "circuit breaker"),
    ("cut off", "terminated at the end of the grace period"),
    ("for ever", "indefinitely"),
    ("go on elsewhere", "fail over"),
    ("goes before", "takes precedence over"),
    ("goes on", "continues"),
    ("has to be there", "is required"),
    ("held back", "backpressure"),
    ("in good order", "graceful shutdown"),
    ("is a miss", "counts as a miss"),
    ("is none of", "is not one of"),
    ("is read again", "is reloaded on change"),
    ("is told", "is configured, receives"),
    ("kept trace", "tail-sampled trace"),
    ("hears", "receives"),
    ("lease", "connection guard"),
    ("look-up", "lookup"),
    ("look-ups", "lookups"),
    ("made again", "retried"),
    ("nobody", "no user, no client"),
    ("on its way", "in flight"),
    ("sent again", "retried"),
    ("so many", "maximum"),
    ("somebody", "a user, a client"),
    ("there may be", "maximum"),
    ("told", "configured, notified"),
    ("trouble", "an error"),
    ("way in", "authentication"),
    ("whoever", "any client"),
    ("whom", "the client, the target"),
    ("worked on at a time", "concurrent"),
];

/// A document in which a phrase has another meaning, and which.
const EXCEPTIONS: [(&str, &str, &str); 1] = [("discovery.md", "lease", "a lease of etcd")];

/// The prose of a Markdown `document` in lower case, without code, on one line.
fn prose(document: &str) -> String {
    let outside = |text: &str, fence| {
        let parts: Vec<_> = text.split(fence).step_by(2).collect();
        parts.join(" ")
    };
    let text = outside(&outside(document, "```"), "`").to_lowercase();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether `prose` has `phrase` as whole words, other than inside of its `term`.
pub(super) fn uses(prose: &str, phrase: &str, term: &str) -> bool {
    let is_part = |next: Option<char>| next.is_some_and(|it| it.is_alphanumeric() || it == '-');
    let prose = prose.replace(term, "");
    prose.match_indices(phrase).any(|(place, _)| {
        let before = prose[..place].chars().next_back();
        let after = prose[place + phrase.len()..].chars().next();
        !is_part(before) && !is_part(after)
    })
}

#[test]
fn documents_use_the_terms_of_the_field() {
    let mut found = Vec::new();
    for document in documents() {
        let name = document.file_name().and_then(|it| it.to_str()).unwrap();
        let prose = prose(&fs::read_to_string(&document).unwrap());
        for (phrase, term) in TERMS {
            let is_excepted = EXCEPTIONS.iter().any(|it| (it.0, it.1) == (name, phrase));
            if !is_excepted && uses(&prose, phrase, term) {
                found.push(format!("{name}: write {term:?} instead of {phrase:?}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn phrases_are_found_as_whole_words_outside_of_code() {
    let prose =
        prose("A flag\ngoes before it, `answers` and a circuit breaker.\n```\nnobody\n```\n");
    assert!(uses(&prose, "goes before", "takes precedence over"));
    assert!(!uses(&prose, "answers", "returns"));
    assert!(!uses(&prose, "breaker", "circuit breaker"));
    assert!(!uses(&prose, "nobody", "no user"));
    assert!(uses("the breaker opens", "breaker", "circuit breaker"));
    assert!(!uses("a jaw-breaker", "breaker", "circuit breaker"));
}
