//! The query of a request: the fields that are neither in its path nor in its body.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use prost_reflect::DynamicMessage;

use crate::fields::{FieldPath, InvalidField};
use crate::routes::{Body, Route};

/// Sets the fields of `message` that `query` has.
///
/// # Errors
/// When there is a parameter that is no such field, or not a value of it, or there twice.
pub(crate) fn set_fields(
    route: &Route,
    message: &mut DynamicMessage,
    query: &str,
) -> Result<(), InvalidField> {
    let mut seen: Vec<FieldPath> = Vec::new();
    for parameter in query.split('&').filter(|it| !it.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let (name, value) = (decoded(name)?, decoded(value)?);
        let field = field(route, &name)?;
        if field.is_scalar() {
            if seen.iter().any(|it| it.overlaps(&field)) {
                return Err(InvalidField::new(name, "it is given twice"));
            }
            seen.push(field.clone());
        }
        field.set(message, &value)?;
    }
    Ok(())
}

/// The field that the parameter `name` is.
fn field(route: &Route, name: &str) -> Result<FieldPath, InvalidField> {
    let refused = |reason: &str| Err(InvalidField::new(name, reason));
    let Some(field) = FieldPath::find(&route.method().input(), name) else {
        return refused("the request has no such parameter");
    };
    if !field.has_scalars() {
        return refused("it is a message, which the body alone can have");
    }
    if route.variables().iter().any(|it| it.overlaps(&field)) {
        return refused("it is in the path, and must not be in the query");
    }
    match route.body() {
        Body::None => Ok(field),
        Body::Message => refused("it must be in the body"),
        Body::Field(body) if field.is_in(body) => refused("it must be in the body"),
        Body::Field(_) => Ok(field),
    }
}

/// `text` without its escapes, by the rules of forms: a plus is a space.
fn decoded(text: &str) -> Result<String, InvalidField> {
    let spaced: Cow<'_, str> = match text.contains('+') {
        true => text.replace('+', " ").into(),
        false => text.into(),
    };
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err(InvalidField::new("query", "it is not UTF-8")),
    }
}
