//! Messages as JSON, by protobuf's canonical mapping.

mod any;
mod unique;

use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, FieldDescriptor, MessageDescriptor,
    SerializeOptions, Value,
};
use serde::de::DeserializeSeed;
use serde_json::{Deserializer, Serializer};
use tonic::Status;

use self::unique::UniqueNames;
use crate::routes::Body;

/// The message in `json`, of the type `descriptor`.
///
/// # Errors
/// A sentence for the caller.
pub(crate) fn parse(descriptor: &MessageDescriptor, json: &[u8]) -> Result<DynamicMessage, String> {
    check(descriptor, json)?;
    let mut deserializer = Deserializer::from_slice(json);
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    let descriptor = descriptor.clone();
    DynamicMessage::deserialize_with_options(descriptor, &mut deserializer, &options)
        .map_err(|error| error.to_string())
}

/// Checks what the message alone does not show: that `json` is one value, and that no object in
/// it has a name twice, of which readers take the first or the last.
fn check(descriptor: &MessageDescriptor, json: &[u8]) -> Result<(), String> {
    if json.trim_ascii().is_empty() {
        return Err(empty(descriptor));
    }
    let mut deserializer = Deserializer::from_slice(json);
    let unique = UniqueNames.deserialize(&mut deserializer);
    let ended = unique.and_then(|()| deserializer.end());
    ended.map_err(|error| error.to_string())
}

/// What to say of nothing where a message of the type `descriptor` should be.
fn empty(descriptor: &MessageDescriptor) -> String {
    let names: Vec<_> = descriptor
        .fields()
        .map(|field| field.json_name().to_owned())
        .collect();
    match names.as_slice() {
        [] => "it is empty; send the JSON object {}".to_owned(),
        _ => format!(
            "it is empty; send a JSON object, whose fields are {}",
            names.join(", ")
        ),
    }
}

/// The message of the type `descriptor` whose part in `body` is `json`.
///
/// # Errors
/// A sentence for the caller.
pub(crate) fn parse_body(
    descriptor: &MessageDescriptor,
    body: &Body,
    json: &[u8],
) -> Result<DynamicMessage, String> {
    match body {
        Body::None => Ok(DynamicMessage::new(descriptor.clone())),
        Body::Message => parse(descriptor, json),
        // What the field alone would say is said by a message with only this field.
        Body::Field(field) => {
            let kind = field.kind();
            check(kind.as_message().unwrap_or(descriptor), json)?;
            let wrapped = [b"{\"", field.json_name().as_bytes(), b"\":", json, b"}"].concat();
            parse(descriptor, &wrapped)
        }
    }
}

/// `message` as JSON, or one field of it. Fields without presence are there with their defaults.
///
/// # Errors
/// INTERNAL when a value has no form in JSON, such as a time beyond the year 9999.
pub(crate) fn write(
    message: &mut DynamicMessage,
    field: Option<&FieldDescriptor>,
    pool: &DescriptorPool,
) -> Result<Vec<u8>, Status> {
    let Some(field) = field else {
        return write_all(message, pool);
    };
    match message.get_field_mut(field) {
        Value::Message(inner) => write_all(inner, pool),
        _ => Err(Status::internal(
            "only a message can be the body of a response",
        )),
    }
}

fn write_all(message: &mut DynamicMessage, pool: &DescriptorPool) -> Result<Vec<u8>, Status> {
    // One detail of an unknown type would be an error of the whole message.
    any::remove_unknown(message, pool);
    let mut json = Serializer::new(Vec::with_capacity(256));
    let options = SerializeOptions::new().skip_default_fields(false);
    let written = message.serialize_with_options(&mut json, &options);
    written.map_err(|error| Status::internal(error.to_string()))?;
    Ok(json.into_inner())
}

#[cfg(test)]
mod tests;
