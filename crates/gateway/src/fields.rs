//! Fields of messages that are set from texts, in a path or a query.

mod value;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

/// A field of a request that can't be set. The text is a sentence for the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct InvalidField {
    /// The path of the field as the caller wrote it, or as the route has it.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

impl InvalidField {
    pub(crate) fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            reason: reason.into(),
        }
    }
}

/// A field of a message, or of a message in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldPath {
    text: String,
    /// From the outermost to the field itself; never empty.
    fields: Vec<FieldDescriptor>,
}

impl FieldPath {
    /// The field at `path` of `message`, such as `user.id`, if there is one. Each name may be
    /// that of the proto or that of JSON.
    pub(crate) fn find(message: &MessageDescriptor, path: &str) -> Option<Self> {
        let mut fields: Vec<FieldDescriptor> = Vec::new();
        for name in path.split('.') {
            let parent = match fields.last() {
                None => message.clone(),
                Some(field) if field.is_list() || field.is_map() => return None,
                Some(field) => field.kind().as_message()?.clone(),
            };
            let field = parent.get_field_by_name(name);
            fields.push(field.or_else(|| parent.get_field_by_json_name(name))?);
        }
        Some(Self {
            text: path.to_owned(),
            fields,
        })
    }

    /// As it is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The field itself.
    pub(crate) fn field(&self) -> Option<&FieldDescriptor> {
        self.fields.last()
    }

    /// Whether it has one value that is not a message.
    pub(crate) fn is_scalar(&self) -> bool {
        let scalar = |field: &FieldDescriptor| !field.is_list() && !field.is_map();
        self.fields.last().is_some_and(scalar) && self.has_scalars()
    }

    /// Whether its value, or each of its values, is not a message.
    pub(crate) fn has_scalars(&self) -> bool {
        let mut last = self.fields.last().into_iter();
        last.any(|field| !field.is_map() && !matches!(field.kind(), Kind::Message(_)))
    }

    /// Whether both are the same field, or one is inside the other.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.fields.iter().zip(&other.fields).all(|(a, b)| a == b)
    }

    /// Whether it is `field`, or inside of it.
    pub(crate) fn is_in(&self, field: &FieldDescriptor) -> bool {
        self.fields.first() == Some(field)
    }

    /// Sets the field of `message` to what `text` says, or adds that to a repeated one.
    ///
    /// # Errors
    /// When `text` is not a value of the field, or a field that is not repeated is set twice.
    pub(crate) fn set(&self, message: &mut DynamicMessage, text: &str) -> Result<(), InvalidField> {
        let Some((field, outer)) = self.fields.split_last() else {
            return Ok(());
        };
        let value = value::parse(&field.kind(), text);
        let value = value.map_err(|reason| InvalidField::new(&self.text, reason))?;
        let mut message = message;
        for field in outer {
            message = match message.get_field_mut(field) {
                Value::Message(inner) => inner,
                _ => return Err(InvalidField::new(&self.text, "it is not in a message")),
            };
        }
        if let Some(list) = message.get_field_mut(field).as_list_mut() {
            list.push(value);
            return Ok(());
        }
        message.set_field(field, value);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
