//! Schemas of messages, as their JSON is.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::comments;

/// The schemas of all messages that were asked for, and of those in them.
#[derive(Debug)]
pub(super) struct Schemas {
    messages: BTreeMap<String, MessageDescriptor>,
    /// Those that are in requests, where all fields may be left out and others are refused.
    requests: BTreeSet<String>,
}

impl Schemas {
    pub(super) fn new() -> Self {
        Self {
            messages: BTreeMap::new(),
            requests: BTreeSet::new(),
        }
    }

    /// A reference to the schema of a request message.
    pub(super) fn request(&mut self, message: &MessageDescriptor) -> Value {
        self.add(message, true);
        reference(message)
    }

    /// A reference to the schema of a response message.
    pub(super) fn response(&mut self, message: &MessageDescriptor) -> Value {
        self.add(message, false);
        reference(message)
    }

    fn add(&mut self, message: &MessageDescriptor, in_request: bool) {
        let name = message.full_name().to_owned();
        let is_new = match in_request {
            true => self.requests.insert(name.clone()),
            false => !self.messages.contains_key(&name),
        };
        if well_known(message).is_some() || !is_new {
            return;
        }
        self.messages.insert(name, message.clone());
        for field in message.fields() {
            if let Some(inner) = values(&field).as_message() {
                self.add(inner, in_request);
            }
        }
    }

    /// All of them by name, with that of errors.
    pub(super) fn finish(self) -> Map<String, Value> {
        let Self { messages, requests } = self;
        let schemas = messages.into_iter().map(|(name, message)| {
            let in_request = requests.contains(&name);
            (name, of_message(&message, in_request))
        });
        schemas.chain([("Error".to_owned(), error())]).collect()
    }
}

fn reference(message: &MessageDescriptor) -> Value {
    match well_known(message) {
        Some(schema) => schema,
        None => json!({"$ref": format!("#/components/schemas/{}", message.full_name())}),
    }
}

fn of_message(message: &MessageDescriptor, in_request: bool) -> Value {
    let properties: Map<_, _> = message
        .fields()
        .map(|field| (field.json_name().to_owned(), of_field(&field)))
        .collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if let Some(comment) = comments::of(&message.parent_file(), message.path()) {
        schema["description"] = comment.into();
    }
    if in_request {
        schema["additionalProperties"] = false.into();
        return schema;
    }
    // What has no presence is always written.
    let always = message.fields().filter(|field| !field.supports_presence());
    let always: Vec<_> = always.map(|field| field.json_name().to_owned()).collect();
    if !always.is_empty() {
        schema["required"] = always.into();
    }
    schema
}

/// The schema of a field, with its comment.
pub(super) fn of_field(field: &FieldDescriptor) -> Value {
    let value = of_kind(&values(field));
    let mut schema = match (field.is_map(), field.is_list()) {
        (true, _) => json!({"type": "object", "additionalProperties": value}),
        (_, true) => json!({"type": "array", "items": value}),
        _ => value,
    };
    let parent = field.parent_message();
    if let Some(comment) = comments::of(&parent.parent_file(), field.path()) {
        schema["description"] = comment.into();
    }
    schema
}

/// The kind of the values of a field: of a map that of what the keys lead to.
fn values(field: &FieldDescriptor) -> Kind {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
        kind => kind,
    }
}

fn of_kind(kind: &Kind) -> Value {
    match kind {
        Kind::Double => json!({"type": "number", "format": "double"}),
        Kind::Float => json!({"type": "number", "format": "float"}),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            json!({"type": "integer", "format": "int32"})
        }
        Kind::Uint32 | Kind::Fixed32 => {
            json!({"type": "integer", "format": "uint32", "minimum": 0})
        }
        // JSON's numbers have 53 bits.
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            json!({"type": "string", "format": "int64", "pattern": "^-?[0-9]{1,19}$"})
        }
        Kind::Uint64 | Kind::Fixed64 => {
            json!({"type": "string", "format": "uint64", "pattern": "^[0-9]{1,20}$"})
        }
        Kind::Bool => json!({"type": "boolean"}),
        Kind::String => json!({"type": "string"}),
        Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
        Kind::Enum(values) => {
            let names: Vec<_> = values
                .values()
                .map(|value| value.name().to_owned())
                .collect();
            json!({"type": "string", "enum": names})
        }
        Kind::Message(message) => reference(message),
    }
}

/// The schema of a type whose JSON is not that of its fields.
fn well_known(message: &MessageDescriptor) -> Option<Value> {
    let name = message.full_name().strip_prefix("google.protobuf.")?;
    Some(match name {
        "Any" => json!({
            "type": "object",
            "properties": {"@type": {"type": "string"}},
            "required": ["@type"],
        }),
        "Timestamp" => json!({"type": "string", "format": "date-time"}),
        "Duration" => json!({"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?s$"}),
        "FieldMask" | "StringValue" => json!({"type": "string"}),
        "BytesValue" => json!({"type": "string", "contentEncoding": "base64"}),
        "BoolValue" => json!({"type": "boolean"}),
        "Int32Value" | "UInt32Value" => json!({"type": "integer"}),
        "Int64Value" | "UInt64Value" => json!({"type": "string"}),
        "FloatValue" | "DoubleValue" => json!({"type": "number"}),
        "Struct" => json!({"type": "object"}),
        "ListValue" => json!({"type": "array"}),
        "Value" => json!({}),
        _ => return None,
    })
}

/// The schema of an error.
fn error() -> Value {
    json!({
        "type": "object",
        "description": "google.rpc.Status, as https://google.aip.dev/193 has it.",
        "required": ["error"],
        "properties": {"error": {
            "type": "object",
            "required": ["code", "message", "status"],
            "properties": {
                "code": {"type": "integer", "description": "The status of HTTP."},
                "message": {"type": "string"},
                "status": {"type": "string", "description": "The code of gRPC."},
                "details": {"type": "array", "items": {
                    "type": "object",
                    "properties": {"@type": {"type": "string"}},
                    "required": ["@type"],
                }},
            },
        }},
    })
}
