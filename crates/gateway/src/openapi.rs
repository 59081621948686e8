//! OpenAPI 3.1 of all routes, from the descriptors and the comments of the proto.

mod comments;
mod operation;
mod schema;

use std::collections::BTreeMap;

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind};
use serde_json::{Map, Value, json};

pub(crate) use self::comments::of as comment;
use self::schema::Schemas;
use crate::routes::{Route, Routes};

/// The document of `routes`, whose services are of the version `version`.
pub(crate) fn document(pool: &DescriptorPool, routes: &Routes, version: &str) -> Value {
    let mut schemas = Schemas::new();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for route in routes.iter() {
        let Some(verb) = verb(route) else {
            // It has no place for others.
            continue;
        };
        let operation = operation::of(route, &mut schemas);
        paths
            .entry(path(route.template()))
            .or_default()
            .insert(verb, operation);
    }
    let services = pool.services().filter(|service| {
        let mut routes = routes.iter();
        routes.any(|route| route.method().parent_service() == service)
    });
    let services: Vec<_> = services.collect();
    let names: Vec<_> = services.iter().map(|service| service.full_name()).collect();
    let comments: Vec<_> = services
        .iter()
        .filter_map(|service| comments::of(&service.parent_file(), service.path()))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": names.join(", "),
            "version": version,
            "description": comments.join("\n\n"),
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas.finish(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    })
}

/// The names of the parameters that the query of `route` has.
pub(crate) fn query_names(route: &Route) -> Vec<String> {
    let fields = operation::query_fields(route).into_iter();
    fields.map(|field| field.text().to_owned()).collect()
}

/// A body of `route` to begin with: the fields without presence.
pub(crate) fn sample(route: &Route) -> String {
    let input = route.method().input();
    let fields = input.fields().filter(|field| !field.supports_presence());
    let value = |field: &FieldDescriptor| match field.kind() {
        Kind::String => Value::from(""),
        _ => Value::from("1"),
    };
    let fields = fields.map(|field| (field.json_name().to_owned(), value(&field)));
    Value::Object(fields.collect()).to_string()
}

/// The name that OpenAPI has for the verb, if it has one.
fn verb(route: &Route) -> Option<String> {
    let verb = route.verb().as_str().to_ascii_lowercase();
    let known = [
        "get", "put", "post", "delete", "options", "head", "patch", "trace",
    ];
    known.contains(&verb.as_str()).then_some(verb)
}

/// A template as OpenAPI writes it: without the segments that a variable has.
fn path(template: &str) -> String {
    let mut path = String::with_capacity(template.len());
    for part in template.split_inclusive('}') {
        match part.split_once('=') {
            Some((before, _)) => path.extend([before, "}"]),
            None => path.push_str(part),
        }
    }
    path
}

#[cfg(test)]
mod tests;
