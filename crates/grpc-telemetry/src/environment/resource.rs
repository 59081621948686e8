//! `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME`.

use opentelemetry::KeyValue;

use super::Environment;
use super::syntax::attributes;

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
