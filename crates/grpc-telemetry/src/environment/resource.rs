//! `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME`.

use opentelemetry::KeyValue;

use super::Environment;
use super::value::list;
use crate::propagation::percent_decode;

impl Environment {
    /// What the environment says of the process; one mistake in the list discards it whole.
    pub(crate) fn resource_attributes(&self) -> Vec<KeyValue> {
        let list = self.get("OTEL_RESOURCE_ATTRIBUTES").and_then(attributes);
        let mut attributes = list.unwrap_or_default();
        let name = self.get("OTEL_SERVICE_NAME");
        attributes.extend(name.map(|name| KeyValue::new("service.name", name.to_owned())));
        attributes
    }
}

/// The attributes in a list such as `key1=value1,key2=value2`, which is percent-encoded.
pub(super) fn attributes(value: &str) -> Option<Vec<KeyValue>> {
    let attribute = |pair: &str| {
        let (key, value) = pair.split_once('=')?;
        let (key, value) = (decoded(key.trim())?, decoded(value.trim())?);
        (!key.is_empty()).then(|| KeyValue::new(key, value))
    };
    list(value).map(attribute).collect()
}

fn decoded(text: &str) -> Option<String> {
    let decoded = percent_decode(text);
    (!decoded.contains(char::REPLACEMENT_CHARACTER)).then(|| decoded.into_owned())
}
