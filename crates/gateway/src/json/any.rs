//! Values of `google.protobuf.Any`, which have a form in JSON only if their type is known.

use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, ReflectMessage, Value};

const ANY: &str = "google.protobuf.Any";

/// Removes from `message` each `Any` of a type that is not in `pool`.
pub(super) fn remove_unknown(message: &mut DynamicMessage, pool: &DescriptorPool) {
    let has_messages = |field: &FieldDescriptor| field.kind().as_message().is_some();
    let fields: Vec<_> = message
        .fields()
        .map(|(field, _)| field)
        .filter(has_messages)
        .collect();
    for field in fields {
        let is_known = match message.get_field_mut(&field) {
            Value::Message(inner) => keeps(inner, pool),
            Value::List(values) => {
                values.retain_mut(|value| value.as_message_mut().is_none_or(|it| keeps(it, pool)));
                true
            }
            Value::Map(values) => {
                values.retain(|_, value| value.as_message_mut().is_none_or(|it| keeps(it, pool)));
                true
            }
            _ => true,
        };
        if !is_known {
            message.clear_field(&field);
        }
    }
}

/// Whether `message` may stay; what is in it is cleared of what may not.
fn keeps(message: &mut DynamicMessage, pool: &DescriptorPool) -> bool {
    if message.descriptor().full_name() != ANY {
        remove_unknown(message, pool);
        return true;
    }
    let url = message.get_field_by_name("type_url");
    let url = url.as_deref().and_then(Value::as_str).unwrap_or_default();
    let name = url.rsplit('/').next().unwrap_or_default();
    pool.get_message_by_name(name).is_some()
}
