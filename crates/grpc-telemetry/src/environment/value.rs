//! What a variable may be set to.

use std::borrow::Cow;
use std::num::NonZeroU32;

use super::otlp::header;
use super::syntax::{attributes, is_endpoint, list, ratio};

/// The form of a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Boolean,
    /// A whole number, not negative.
    Number,
    /// A whole number above 0.
    Positive,
    /// From 0 to 1.
    Ratio,
    OneOf(&'static [&'static str]),
    /// Several of these, separated by commas.
    ListOf(&'static [&'static str]),
    Endpoint,
    /// `key=value` pairs separated by commas.
    Attributes,
    Headers,
}

impl Kind {
    /// What `value` should have been, if it isn't.
    pub(super) fn mistake(self, value: &str) -> Option<Cow<'static, str>> {
        let valid = match self {
            Self::Text => true,
            Self::Boolean => ["true", "false"]
                .iter()
                .any(|it| it.eq_ignore_ascii_case(value)),
            Self::Number => value.parse::<u32>().is_ok(),
            Self::Positive => value.parse::<NonZeroU32>().is_ok(),
            Self::Ratio => ratio(value).is_some(),
            Self::OneOf(names) => is_one_of(names, value),
            Self::ListOf(names) => list(value).all(|name| is_one_of(names, name)),
            Self::Endpoint => is_endpoint(value),
            Self::Attributes => attributes(value).is_some(),
            Self::Headers => list(value).all(|pair| header(pair).is_some()),
        };
        (!valid).then(|| self.expected())
    }

    fn expected(self) -> Cow<'static, str> {
        match self {
            Self::Text => "a text".into(),
            Self::Boolean => "true or false".into(),
            Self::Number => "a whole number".into(),
            Self::Positive => "a whole number above 0".into(),
            Self::Ratio => "a number from 0 to 1".into(),
            Self::OneOf(names) => format!("one of {}", names.join(", ")).into(),
            Self::ListOf(names) => format!("a list of {}", names.join(", ")).into(),
            Self::Endpoint => "a URL like http://localhost:4317".into(),
            Self::Attributes | Self::Headers => {
                "a list like key1=value1,key2=value2, percent-encoded".into()
            }
        }
    }
}

/// Whether `value` is one of `names`, in any case.
fn is_one_of(names: &[&str], value: &str) -> bool {
    names.iter().any(|name| name.eq_ignore_ascii_case(value))
}
