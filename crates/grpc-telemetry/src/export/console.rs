//! The console exporter: spans as lines of JSON, to look at without a collector.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{SpanId, Status};
use opentelemetry::{KeyValue, Value as Attribute};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use serde_json::{Map, Value, json};

use crate::environment::{Environment, cut_values};
use crate::logs::LogWriter;

/// Writes a line for each span to where log records go.
#[derive(Debug)]
pub(crate) struct ConsoleExporter {
    writer: LogWriter,
    value_length: Option<usize>,
}

impl ConsoleExporter {
    pub(crate) fn new(writer: LogWriter, environment: &Environment) -> Self {
        Self {
            writer,
            value_length: environment.value_length_limit(),
        }
    }
}

impl SpanExporter for ConsoleExporter {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        if let Some(limit) = self.value_length {
            cut_values(&mut batch, limit);
        }
        let mut text = String::new();
        for span in &batch {
            text.push_str(&line(span).to_string());
            text.push('\n');
        }
        let written = self.writer.write(text.as_bytes());
        written.map_err(|error| OTelSdkError::InternalFailure(error.to_string()))
    }
}

fn line(span: &SpanData) -> Value {
    let context = &span.span_context;
    let parent = (span.parent_span_id != SpanId::INVALID).then(|| span.parent_span_id.to_string());
    let links = span.links.links.iter();
    let links: Vec<Value> = links
        .map(|link| {
            json!({
                "trace_id": link.span_context.trace_id().to_string(),
                "span_id": link.span_context.span_id().to_string(),
            })
        })
        .collect();
    let events = span.events.events.iter();
    let events: Vec<Value> = events
        .map(|event| {
            json!({
                "name": event.name,
                "time_unix_nano": nanoseconds(event.timestamp),
                "attributes": attributes(&event.attributes),
            })
        })
        .collect();
    json!({
        "trace_id": context.trace_id().to_string(),
        "span_id": context.span_id().to_string(),
        "parent_span_id": parent,
        "trace_state": context.trace_state().header(),
        "name": span.name,
        "kind": format!("{:?}", span.span_kind),
        "start_time_unix_nano": nanoseconds(span.start_time),
        "end_time_unix_nano": nanoseconds(span.end_time),
        "status": status(&span.status),
        "attributes": attributes(&span.attributes),
        "events": events,
        "links": links,
    })
}

fn status(status: &Status) -> &'static str {
    match status {
        Status::Unset => "Unset",
        Status::Ok => "Ok",
        Status::Error { .. } => "Error",
    }
}

fn attributes(attributes: &[KeyValue]) -> Map<String, Value> {
    let pairs = attributes.iter();
    pairs
        .map(|attribute| (attribute.key.to_string(), value(&attribute.value)))
        .collect()
}

fn value(attribute: &Attribute) -> Value {
    match attribute {
        Attribute::Bool(value) => json!(value),
        Attribute::I64(value) => json!(value),
        Attribute::F64(value) => json!(value),
        other => json!(other.as_str()),
    }
}

/// As text: JSON's numbers are too small for it.
fn nanoseconds(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_nanos().to_string()
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Span, Tracer, TracerProvider};
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;

    #[test]
    fn a_span_is_one_object_with_all_it_says() {
        let provider = SdkTracerProvider::default();
        let mut span = provider.tracer("test").start("GetUser");
        span.set_attribute(KeyValue::new("user.id", 7));
        span.set_attribute(KeyValue::new("rpc.system.name", "grpc"));
        span.set_status(Status::error("never shown"));
        let exported = span.exported_data().map(|data| line(&data));
        let exported = exported.unwrap_or_default();
        assert_eq!(exported["name"], "GetUser");
        assert_eq!(exported["kind"], "Internal");
        assert_eq!(exported["parent_span_id"], Value::Null);
        assert_eq!(exported["status"], "Error");
        assert_eq!(
            exported["attributes"],
            json!({"user.id": 7, "rpc.system.name": "grpc"})
        );
    }
}
