//! A checker of what was received: the rules of the semantic conventions, as docs/telemetry.md
//! has them, and their registry.

mod metrics;
mod registry;

use grpc_telemetry::receiver::{ReceivedLog, ReceivedSpan};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::SeverityNumber;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

pub use self::metrics::violations_of_metric;
use self::registry::REGISTRY;
use crate::trace::{integer, text};

const DOCUMENTED: &str = include_str!("../../docs/telemetry.md");

/// Codes that are the server's fault.
pub const SERVER_ERRORS: [&str; 6] = [
    "UNKNOWN",
    "DEADLINE_EXCEEDED",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
];

/// What a resource has to say.
const RESOURCE: [&str; 6] = [
    "service.name",
    "service.version",
    "service.instance.id",
    "telemetry.sdk.name",
    "telemetry.sdk.language",
    "telemetry.sdk.version",
];

/// What is wrong with a span: a sentence for each rule that it breaks.
pub fn violations(received: &ReceivedSpan) -> Vec<String> {
    let mut found = names(received);
    found.extend(of_registry(received));
    found.extend(resource(&received.resource));
    found.extend(status(received));
    if has(received, "rpc.system.name") {
        found.extend(rpc(received));
    } else if has(received, "db.system.name") {
        found.extend(database(received));
    } else if received.scope.name == "telemetry.http" {
        found.extend(http(received));
    }
    let span = &received.span;
    if span.end_time_unix_nano < span.start_time_unix_nano {
        found.push("it ends before it starts".to_owned());
    }
    let name = &span.name;
    found
        .into_iter()
        .map(|rule| format!("{name}: {rule}"))
        .collect()
}

/// The same of a log record.
pub fn violations_of_log(received: &ReceivedLog) -> Vec<String> {
    let record = &received.record;
    let scope = &received.scope.name;
    let mut found = resource(&received.resource);
    let keys = record.attributes.iter().map(|it| &it.key);
    // Drivers have names of their own.
    let of_ours = scope.starts_with("user_") || scope.starts_with("telemetry");
    found.extend(keys.filter(|_| of_ours).filter_map(undocumented));
    let has_body = record
        .body
        .as_ref()
        .is_some_and(|body| body.value.is_some());
    let in_trace = (record.trace_id.len(), record.span_id.len());
    let rules = [
        rule(has_body, "it has no body"),
        rule(
            record.severity_number() != SeverityNumber::Unspecified,
            "it has no severity",
        ),
        rule(!record.severity_text.is_empty(), "its level has no name"),
        rule(record.time_unix_nano > 0, "it has no time"),
        rule(
            [(0, 0), (16, 8)].contains(&in_trace),
            "it has a trace without a span, or ids of a wrong length",
        ),
        rule(!scope.is_empty(), "it has no scope"),
    ];
    found.extend(rules.into_iter().flatten());
    let of_record = found.into_iter();
    of_record
        .map(|it| format!("a record of {scope}: {it}"))
        .collect()
}

fn has(received: &ReceivedSpan, key: &str) -> bool {
    received.span.attributes.iter().any(|it| it.key == key)
}

fn rule(kept: bool, text: &str) -> Option<String> {
    (!kept).then(|| text.to_owned())
}

fn names(received: &ReceivedSpan) -> Vec<String> {
    let span = &received.span;
    let of_events = span.events.iter().flat_map(|event| &event.attributes);
    let keys = span.attributes.iter().chain(of_events).map(|it| &it.key);
    let events = span.events.iter().map(|event| &event.name);
    let resource = received.resource.iter().map(|it| &it.key);
    keys.chain(events)
        .chain(resource)
        .filter_map(undocumented)
        .collect()
}

/// What the registry says of the attributes.
fn of_registry(received: &ReceivedSpan) -> Vec<String> {
    let span = &received.span;
    let of_events = span.events.iter().flat_map(|event| &event.attributes);
    let attributes = span.attributes.iter().chain(of_events);
    let attributes = attributes.chain(received.resource.iter());
    let mut found: Vec<String> = attributes.filter_map(|it| REGISTRY.attribute(it)).collect();
    if let Some(id) = kind_of_span(received) {
        found.extend(REGISTRY.missing_of_span(id, &span.attributes));
    }
    found
}

/// The span that the registry has of this kind.
fn kind_of_span(received: &ReceivedSpan) -> Option<&'static str> {
    let server = received.span.kind() == SpanKind::Server;
    match text(received, "db.system.name") {
        Some("postgresql") => Some("span.db.postgresql.client"),
        Some("redis") => Some("span.db.redis.client"),
        Some(_) => Some("span.db.client"),
        None if !has(received, "rpc.system.name") => None,
        None if text(received, "rpc.system.name") != Some("grpc") => match server {
            true => Some("span.rpc.call.server"),
            false => Some("span.rpc.call.client"),
        },
        None if server => Some("span.rpc.grpc.call.server"),
        None => Some("span.rpc.grpc.call.client"),
    }
}

fn undocumented(name: &String) -> Option<String> {
    let documented = DOCUMENTED.contains(&format!("`{name}`"));
    (!documented).then(|| format!("{name} is not documented"))
}

fn resource(attributes: &[KeyValue]) -> Vec<String> {
    let missing = |key: &&&str| !attributes.iter().any(|it| it.key == **key);
    let missing = RESOURCE.iter().filter(missing);
    missing
        .map(|key| format!("the resource has no {key}"))
        .collect()
}

fn status(received: &ReceivedSpan) -> Vec<String> {
    let status = received.span.status.clone().unwrap_or_default();
    let failed = status.code() == StatusCode::Error;
    [
        rule(
            status.code() != StatusCode::Ok,
            "its status is Ok, which nobody sets",
        ),
        rule(status.message.is_empty(), "its status has a description"),
        rule(
            failed == has(received, "error.type"),
            "error.type and an error status go together",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn rpc(received: &ReceivedSpan) -> Vec<String> {
    let span = &received.span;
    let server = span.kind() == SpanKind::Server;
    let code = text(received, "rpc.response.status_code").unwrap_or("none");
    let method = text(received, "rpc.method").unwrap_or("none");
    let failed = span
        .status
        .as_ref()
        .is_some_and(|it| it.code() == StatusCode::Error);
    let should_fail = match server {
        true => SERVER_ERRORS.contains(&code),
        false => code != "OK",
    };
    let system = text(received, "rpc.system.name").unwrap_or("none");
    let name = if method == "_OTHER" { system } else { method };
    [
        rule(
            server || span.kind() == SpanKind::Client,
            "a call is CLIENT or SERVER",
        ),
        rule(
            ["grpc", "kitex"].contains(&system),
            "rpc.system.name is neither grpc nor kitex",
        ),
        rule(code != "none", "it has no rpc.response.status_code"),
        rule(span.name == name, "it is not named by its method"),
        rule(
            failed == should_fail,
            &format!("{code} and its status don't fit"),
        ),
        rule(
            !failed || text(received, "error.type") == Some(code),
            "error.type is not the code",
        ),
        rule(
            has(received, "rpc.method_original") == (method == "_OTHER"),
            "only an unknown method has an original",
        ),
        rule(
            server || has(received, "server.address"),
            "a client says whom it called",
        ),
        rule(
            server || integer(received, "server.port").is_some(),
            "a client says at which port",
        ),
        rule(
            !server || has(received, "network.peer.address"),
            "a server says who called",
        ),
        rule(
            received.scope.name == "telemetry.rpc",
            "its scope is another",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn http(received: &ReceivedSpan) -> Vec<String> {
    let method = text(received, "http.request.method").unwrap_or("none");
    let verb = if method == "_OTHER" { "HTTP" } else { method };
    let name = match text(received, "http.route") {
        Some(route) => format!("{verb} {route}"),
        None => verb.to_owned(),
    };
    let status = integer(received, "http.response.status_code");
    let error = text(received, "error.type");
    let shown = status.map(|status| status.to_string());
    [
        rule(
            received.span.kind() == SpanKind::Server,
            "a request is SERVER",
        ),
        rule(received.span.name == name, "it is not named by its route"),
        rule(method != "none", "it has no http.request.method"),
        rule(has(received, "url.path"), "it has no url.path"),
        rule(has(received, "url.scheme"), "it has no url.scheme"),
        rule(
            has(received, "http.request.method_original") == (method == "_OTHER"),
            "only an unknown verb has an original",
        ),
        rule(
            status.is_none_or(|status| status < 500) || error == shown.as_deref(),
            "error.type is not the status",
        ),
        rule(
            has(received, "network.peer.address"),
            "a server says who called",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn database(received: &ReceivedSpan) -> Vec<String> {
    let span = &received.span;
    let redis = text(received, "db.system.name") == Some("redis");
    let summary = text(received, "db.query.summary");
    let query = text(received, "db.query.text").unwrap_or_default();
    let batch = integer(received, "db.operation.batch.size");
    [
        rule(
            span.kind() == SpanKind::Client,
            "a statement or command is CLIENT",
        ),
        rule(has(received, "db.namespace"), "it has no db.namespace"),
        rule(
            has(received, "db.operation.name"),
            "it has no db.operation.name",
        ),
        rule(
            redis || summary == Some(&span.name),
            "it is not named by its summary",
        ),
        rule(
            redis || has(received, "db.collection.name"),
            "it has no db.collection.name",
        ),
        rule(
            redis || query.contains(['$', '?']),
            "its text has no placeholder",
        ),
        rule(!redis || query.is_empty(), "a command has no text"),
        rule(
            batch.is_none_or(|size| size >= 2),
            "a batch is of two or more",
        ),
        rule(
            text_values(received).all(|text| text.len() <= 2_000),
            "a value is very long",
        ),
        rule(
            received.scope.name == "telemetry.store",
            "its scope is another",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn text_values(received: &ReceivedSpan) -> impl Iterator<Item = &str> {
    let values = received
        .span
        .attributes
        .iter()
        .filter_map(|it| it.value.as_ref()?.value.as_ref());
    values.filter_map(|value| match value {
        Value::StringValue(text) => Some(text.as_str()),
        _ => None,
    })
}
