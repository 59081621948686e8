//! What a span says of itself, besides its name.

use serde_json::Value;

use super::file::{ExpectedSpan, Status};
use super::found::FoundTrace;

/// Something that is other than expected.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Fact {
    /// What has to be.
    pub(crate) expected: String,
    /// What is, if anything.
    pub(crate) found: Option<String>,
}

/// What of a found span is other than expected.
pub(crate) fn differing(
    expected: &ExpectedSpan,
    found: &FoundTrace<'_>,
    index: usize,
) -> Vec<Fact> {
    let span = found.span(index);
    let mut facts = Vec::new();
    if let Some(service) = expected.service.as_ref().filter(|it| **it != span.service) {
        facts.push(fact("service", service, &span.service));
    }
    if let Some(kind) = expected.kind.filter(|kind| *kind != span.kind) {
        facts.push(fact("kind", kind.name(), span.kind.name()));
    }
    facts.extend(status(expected.status, found.status(index)));
    for (key, wanted) in &expected.attributes {
        facts.extend(attribute(key, wanted, found.attribute(index, key)));
    }
    facts
}

fn fact(what: &str, expected: &str, found: &str) -> Fact {
    Fact {
        expected: format!("{what}: {expected}"),
        found: Some(format!("{what}: {found}")),
    }
}

fn status(wanted: Option<Status>, found: Status) -> Option<Fact> {
    match wanted {
        Some(wanted) if wanted != found => Some(fact("status", wanted.name(), found.name())),
        None if found == Status::Error => Some(fact("status", "other than ERROR", "ERROR")),
        _ => None,
    }
}

fn attribute(key: &str, wanted: &Value, found: Option<Value>) -> Option<Fact> {
    let matches = match &found {
        Some(found) => wanted.is_null() || same(wanted, found),
        None => false,
    };
    if matches {
        return None;
    }
    let wanted = match wanted {
        Value::Null => "any value".to_owned(),
        wanted => wanted.to_string(),
    };
    Some(Fact {
        expected: format!("{key}: {wanted}"),
        found: found.map(|found| format!("{key}: {found}")),
    })
}

/// Whether two values are the same: `1` and `1.0` are.
fn same(wanted: &Value, found: &Value) -> bool {
    wanted == found || (wanted.is_number() && wanted.as_f64() == found.as_f64())
}
