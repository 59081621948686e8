//! Templates of paths, such as `/v1/users/{user_id}` and `/v1/{name=users/*}:block`.

mod parse;

use std::borrow::Cow;
use std::ops::Range;

use percent_encoding::percent_decode_str;

/// A template of paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    segments: Vec<Segment>,
    variables: Vec<Variable>,
    /// What follows the last colon.
    verb: Option<String>,
}

/// What one part of a path between slashes may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(String),
    /// `*`: any one.
    Any,
    /// `**`: all that follow, at the end of a template.
    Rest,
}

/// A field of the request that is in the path.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Variable {
    /// The path of the field, such as `user.id`.
    field: String,
    /// The segments that it has; the last of them may be [`Segment::Rest`].
    segments: Range<usize>,
}

impl Template {
    /// The paths of the fields that are variables.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|it| it.field.as_str())
    }

    /// What the template is found by among others: those with a verb first, then literals
    /// before `*` before `**`. Two templates of the same rank match the same paths.
    pub(super) fn rank(&self) -> impl Ord + '_ {
        (self.verb.is_none(), &self.verb, &self.segments)
    }

    /// The values of the variables in `path`, in the order of the template, if it matches.
    pub(super) fn matches(&self, path: &str) -> Option<Vec<String>> {
        let path = match &self.verb {
            None => path,
            Some(verb) => path.strip_suffix(verb.as_str())?.strip_suffix(':')?,
        };
        let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        let has_rest = self.segments.last() == Some(&Segment::Rest);
        let is_long_enough = match has_rest {
            true => parts.len() + 1 >= self.segments.len(),
            false => parts.len() == self.segments.len(),
        };
        let fit = || {
            self.segments
                .iter()
                .zip(&parts)
                .all(|(it, part)| it.fits(part))
        };
        (is_long_enough && fit()).then(|| self.values(&parts))
    }

    fn values(&self, parts: &[&str]) -> Vec<String> {
        let value = |variable: &Variable| {
            let Range { start, end } = variable.segments;
            let end = match self.segments.get(end - 1) {
                Some(Segment::Rest) => parts.len(),
                _ => end,
            };
            let decoded = parts[start..end].iter().map(|part| decoded(part));
            decoded.collect::<Vec<_>>().join("/")
        };
        self.variables.iter().map(value).collect()
    }
}

impl Segment {
    fn fits(&self, part: &str) -> bool {
        match self {
            Self::Literal(literal) => *literal == decoded(part),
            Self::Any => !part.is_empty(),
            Self::Rest => true,
        }
    }
}

/// `part` without its escapes. A path with bytes that are not UTF-8 is refused before.
fn decoded(part: &str) -> Cow<'_, str> {
    percent_decode_str(part).decode_utf8_lossy()
}

#[cfg(test)]
mod tests;
