//! A file of YAML that says what a trace has to look like.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::{Error, Spanned, UserMessageFormatter};

use super::count::Count;
use crate::output::text::printable;
use crate::waterfall::Kind;

/// Shown where a file is wrong.
const EXAMPLE: &str = "write spans, each with a name and perhaps service, kind, status, attributes, count, children, others";

/// What a trace has to look like.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The spans that are below no other.
    pub spans: Vec<ExpectedSpan>,
    /// Whether there may be others beside them.
    #[serde(default)]
    pub others: bool,
}

/// A span that is expected, and what is below it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedSpan {
    /// Its name.
    pub name: Spanned<String>,
    /// The service that makes it; any if it isn't given.
    #[serde(default)]
    pub service: Option<String>,
    /// Its part in the conversation; any if it isn't given.
    #[serde(default)]
    pub kind: Option<Kind>,
    /// How it ends; if it isn't given, not with an error.
    #[serde(default)]
    pub status: Option<Status>,
    /// Attributes that it has; null stands for any value.
    #[serde(default)]
    pub attributes: BTreeMap<String, Value>,
    /// How many such spans there are.
    #[serde(default)]
    pub count: Count,
    /// The spans below it.
    #[serde(default)]
    pub children: Vec<ExpectedSpan>,
    /// Whether there may be others beside these.
    #[serde(default)]
    pub others: bool,
}

/// How a span ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Nothing is said of it, as usual where all is well.
    Unset,
    /// Well, and somebody says so.
    Ok,
    /// Not well.
    Error,
}

impl Status {
    /// The status as a file has it.
    pub fn name(self) -> &'static str {
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
    /// A sentence that says in which line it is wrong, and what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parsed = serde_saphyr::from_str(text);
        let expectation: Self = parsed.map_err(|error| explain(&error))?;
        if expectation.spans.is_empty() {
            return Err(format!("it expects no span; {EXAMPLE}"));
        }
        Ok(expectation)
    }
}

impl ExpectedSpan {
    /// The line of its name.
    pub fn line(&self) -> u64 {
        self.name.referenced.line()
    }
}

fn explain(error: &Error) -> String {
    let what = error.without_snippet();
    let what = printable(&what.render_with_formatter(&UserMessageFormatter));
    match what.contains("expected one of") {
        true => what,
        false => format!("{what}; {EXAMPLE}"),
    }
}

#[cfg(test)]
mod tests;
