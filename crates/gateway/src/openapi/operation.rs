//! One route as an operation.

use serde_json::{Value, json};

use super::comments;
use super::schema::{self, Schemas};
use crate::fields::FieldPath;
use crate::routes::{Body, Route};

/// The operation of `route`.
pub(super) fn of(route: &Route, schemas: &mut Schemas) -> Value {
    let method = route.method();
    let service = method.parent_service();
    let comment = comments::of(&service.parent_file(), method.path()).unwrap_or_default();
    let mut operation = json!({
        "operationId": method.name(),
        "tags": [service.name()],
        "summary": comments::first_sentence(&comment),
        "description": comment,
        "parameters": parameters(route),
        "responses": responses(route, schemas),
    });
    if let Some(body) = request_body(route, schemas) {
        operation["requestBody"] = body;
    }
    operation
}

fn parameters(route: &Route) -> Vec<Value> {
    let of_path = route.variables().iter().map(|field| {
        json!({"name": field.text(), "in": "path", "required": true, "schema": schema_of(field)})
    });
    let of_query = query_fields(route).into_iter();
    let of_query = of_query
        .map(|field| json!({"name": field.text(), "in": "query", "schema": schema_of(&field)}));
    let mut parameters: Vec<_> = of_path.chain(of_query).collect();
    let input = route.method().input();
    let has_request_id = input.get_field_by_name("request_id").is_some();
    if has_request_id && !route.method().is_client_streaming() {
        let meaning = "A UUID that makes a repeat safe: the field request_id.";
        let any = json!({"type": "string", "minLength": 1});
        parameters.push(header("Idempotency-Key", meaning, any));
    }
    let meaning = "The deadline in seconds, such as 1.5.";
    // What is accepted beyond it, such as 1500ms, is for people.
    let seconds = json!({"type": "string", "pattern": "^[1-9][0-9]{0,3}(\\.[0-9]{1,3})?$"});
    parameters.push(header("X-Request-Timeout", meaning, seconds));
    parameters
}

fn schema_of(field: &FieldPath) -> Value {
    field.field().map(schema::of_field).unwrap_or_default()
}

fn header(name: &str, description: &str, schema: Value) -> Value {
    json!({
        "name": name,
        "in": "header",
        "description": description,
        "schema": schema,
    })
}

/// The fields that are parameters of the query: those that are no messages, and not in the path.
pub(super) fn query_fields(route: &Route) -> Vec<FieldPath> {
    if *route.body() != Body::None {
        return Vec::new();
    }
    let input = route.method().input();
    let fields = input.fields();
    let fields = fields.filter_map(|field| FieldPath::find(&input, field.json_name()));
    let fields = fields.filter(|field| {
        field.has_scalars() && !route.variables().iter().any(|it| it.overlaps(field))
    });
    fields.collect()
}

fn request_body(route: &Route, schemas: &mut Schemas) -> Option<Value> {
    let input = route.method().input();
    let schema = match route.body() {
        Body::None => return None,
        Body::Message => schemas.request(&input),
        Body::Field(field) => match field.kind().as_message() {
            Some(message) => schemas.request(message),
            None => schema::of_field(field),
        },
    };
    let content = match route.method().is_client_streaming() {
        false => json!({"application/json": {"schema": schema}}),
        true => json!({
            "application/x-ndjson": {"schema": schema},
            "application/json": {"schema": {"type": "array", "items": schema}},
        }),
    };
    Some(json!({"required": true, "content": content}))
}

fn responses(route: &Route, schemas: &mut Schemas) -> Value {
    let output = route.method().output();
    let field = route.response_body();
    let message = field.and_then(|field| field.kind().as_message().cloned());
    let schema = schemas.response(&message.unwrap_or(output));
    let content = match route.method().is_server_streaming() {
        false => json!({"application/json": {"schema": schema}}),
        true => json!({
            "application/x-ndjson": {"schema": schema},
            "text/event-stream": {"schema": schema},
            "application/json": {"schema": {"type": "array", "items": schema}},
        }),
    };
    let error = json!({"$ref": "#/components/schemas/Error"});
    json!({
        "200": {"description": "The call succeeded.", "content": content},
        "default": {
            "description": "The call failed.",
            "content": {
                "application/json": {"schema": error},
                "application/problem+json": {"schema": {"type": "object"}},
            },
        },
    })
}
