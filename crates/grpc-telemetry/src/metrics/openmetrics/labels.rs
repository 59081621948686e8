//! Labels, by OpenTelemetry's [rules for Prometheus].
//!
//! [rules for Prometheus]: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/

use std::fmt::{self, Write};

use opentelemetry::KeyValue;

use super::value::Number;

/// The labels of a point, in the same order each time.
#[derive(Debug)]
pub(super) struct Labels(Vec<(String, String)>);

impl Labels {
    /// Those of `attributes`. Attributes whose names are the same label make one of it, with
    /// all their values.
    pub(super) fn of(attributes: impl Iterator<Item = KeyValue>) -> Self {
        let mut attributes: Vec<KeyValue> = attributes.collect();
        attributes.sort_by(|one, other| one.key.cmp(&other.key));
        let mut labels: Vec<(String, String)> = Vec::with_capacity(attributes.len());
        for attribute in attributes {
            let (name, value) = (name(attribute.key.as_str()), attribute.value.as_str());
            match labels.iter_mut().find(|(other, _)| *other == name) {
                Some((_, values)) => {
                    values.push(';');
                    values.push_str(&value);
                }
                None => labels.push((name, value.into_owned())),
            }
        }
        Self(labels)
    }

    /// Writes them in braces, for a bucket with its upper `bound`.
    pub(super) fn write(&self, text: &mut String, bound: Option<f64>) -> fmt::Result {
        if self.0.is_empty() && bound.is_none() {
            return Ok(());
        }
        let mut separator = '{';
        for (name, value) in &self.0 {
            write!(text, "{separator}{name}=\"{}\"", escaped(value))?;
            separator = ',';
        }
        if let Some(bound) = bound {
            write!(text, "{separator}le=\"{}\"", Number(format!("{bound:?}")))?;
        }
        text.write_char('}')
    }
}

/// A name as Prometheus has them: any other character is `_`, as is a digit in front, and
/// there is one `_` at a time, since names with two in front are its own.
pub(super) fn name(key: &str) -> String {
    let mut name = String::with_capacity(key.len());
    for character in key.chars() {
        let first = name.is_empty();
        match character {
            'a'..='z' | 'A'..='Z' => name.push(character),
            '0'..='9' if !first => name.push(character),
            _ if name.ends_with('_') => {}
            _ => name.push('_'),
        }
    }
    match name.is_empty() {
        true => "_".to_owned(),
        false => name,
    }
}

/// `text` as it is between quotes, and in HELP.
pub(super) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
