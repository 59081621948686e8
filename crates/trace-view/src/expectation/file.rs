//! A file of YAML that says what a trace has to look like.

use std::collections::BTreeMap;

use grpc_common::printable;
use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::{Error, Spanned, UserMessageFormatter};

use super::count::Count;
use crate::span::Kind;

/// Shown where a file is wrong.
const EXAMPLE: &str = "write spans, each with a name and perhaps service, kind, status, attributes, count, children, others";

/// A text that says no expectation: a sentence with the line that is wrong, and what to write.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct ExpectationError(String);

/// What a trace has to look like: YAML, as [`Expectation::parse`] reads it.
///
/// ```
/// use trace_view::{Expectation, FoundTrace};
///
/// let expectation = Expectation::parse("spans: [{ name: GET, kind: SERVER }]")?;
/// let difference = expectation.compare(&FoundTrace::new(&[]));
/// assert_eq!(difference[0].render(false), "- SERVER GET (line 1)");
/// # Ok::<(), trace_view::ExpectationError>(())
/// ```
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The spans that are below no other.
    pub(crate) spans: Vec<ExpectedSpan>,
    /// Whether others are allowed beside them.
    #[serde(default)]
    pub(crate) others: bool,
}

/// A span that is expected, and what is below it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedSpan {
    /// Its name.
    pub(crate) name: Spanned<String>,
    /// The service that makes it; any if it isn't given.
    #[serde(default)]
    pub(crate) service: Option<String>,
    /// Its part in the conversation; any if it isn't given.
    #[serde(default)]
    pub(crate) kind: Option<Kind>,
    /// How it ends; if it isn't given, not with an error.
    #[serde(default)]
    pub(crate) status: Option<Status>,
    /// Attributes that it has; null stands for any value.
    #[serde(default)]
    pub(crate) attributes: BTreeMap<String, Value>,
    /// How many such spans there are.
    #[serde(default)]
    pub(crate) count: Count,
    /// The spans below it.
    #[serde(default)]
    pub(crate) children: Vec<ExpectedSpan>,
    /// Whether others are allowed beside these.
    #[serde(default)]
    pub(crate) others: bool,
}

/// How a span ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    /// Nothing is said of it, as usual where all is well.
    Unset,
    /// The status OK, set explicitly.
    Ok,
    /// Not well.
    Error,
}

impl Status {
    /// The status as a file has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unset => "UNSET",
            Self::Ok => "OK",
            Self::Error => "ERROR",
        }
    }
}

impl Expectation {
    /// What `text` expects.
    ///
    /// # Errors
    /// When it isn't YAML of this form.
    pub fn parse(text: &str) -> Result<Self, ExpectationError> {
        let parsed = serde_saphyr::from_str(text);
        let expectation: Self = parsed.map_err(|error| explain(&error))?;
        if expectation.spans.is_empty() {
            let sentence = format!("it expects no span; {EXAMPLE}");
            return Err(ExpectationError(sentence));
        }
        Ok(expectation)
    }
}

impl ExpectedSpan {
    /// The line of its name.
    pub(crate) fn line(&self) -> u64 {
        self.name.referenced.line()
    }
}

fn explain(error: &Error) -> ExpectationError {
    let what = error.without_snippet();
    let what = printable(&what.render_with_formatter(&UserMessageFormatter));
    ExpectationError(match what.contains("expected one of") {
        true => what,
        false => format!("{what}; {EXAMPLE}"),
    })
}

#[cfg(test)]
mod tests;
