//! The console exporter: spans as lines of JSON, to look at without a collector.

use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue as Any, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_sdk::error::OTelSdkError;
use serde_json::{Map, Value, json};

use super::encode::SpanBatch;
use super::limits::Exported;
use crate::logs::LogWriter;

/// Writes a line for each span to where log records go.
#[derive(Debug)]
pub(crate) struct ConsoleExporter {
    writer: LogWriter,
}

impl ConsoleExporter {
    pub(crate) fn new(writer: LogWriter) -> Self {
        Self { writer }
    }

    pub(super) fn export(&self, batch: &SpanBatch) -> Exported {
        let failed =
            |error: &dyn std::error::Error| Err(OTelSdkError::InternalFailure(error.to_string()));
        let mut text = String::new();
        let spans = match batch.decode() {
            Ok(spans) => spans,
            Err(error) => return failed(&error),
        };
        for span in &spans {
            text.push_str(&line(span).to_string());
            text.push('\n');
        }
        match self.writer.write(text.as_bytes()) {
            Ok(()) => Ok(0),
            Err(error) => failed(&error),
        }
    }
}

fn line(span: &Span) -> Value {
    let parent = (!span.parent_span_id.is_empty()).then(|| hex(&span.parent_span_id));
    let links = span.links.iter();
    let links: Vec<Value> = links
        .map(|link| {
            json!({
                "trace_id": hex(&link.trace_id),
                "span_id": hex(&link.span_id),
            })
        })
        .collect();
    let events = span.events.iter();
    let events: Vec<Value> = events
        .map(|event| {
            json!({
                "name": event.name,
                "time_unix_nano": event.time_unix_nano.to_string(),
                "attributes": attributes(&event.attributes),
            })
        })
        .collect();
    json!({
        "trace_id": hex(&span.trace_id),
        "span_id": hex(&span.span_id),
        "parent_span_id": parent,
        "trace_state": span.trace_state,
        "name": span.name,
        "kind": format!("{:?}", span.kind()),
        // As text: JSON's numbers are too small for them.
        "start_time_unix_nano": span.start_time_unix_nano.to_string(),
        "end_time_unix_nano": span.end_time_unix_nano.to_string(),
        "status": status(span),
        "attributes": attributes(&span.attributes),
        "events": events,
        "links": links,
    })
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn status(span: &Span) -> &'static str {
    match span.status.as_ref().map(|status| status.code()) {
        Some(StatusCode::Ok) => "Ok",
        Some(StatusCode::Error) => "Error",
        Some(StatusCode::Unset) | None => "Unset",
    }
}

fn attributes(attributes: &[KeyValue]) -> Map<String, Value> {
    let pairs = attributes.iter();
    pairs
        .map(|attribute| (attribute.key.clone(), value(attribute.value.as_ref())))
        .collect()
}

fn value(attribute: Option<&Any>) -> Value {
    match attribute.and_then(|it| it.value.as_ref()) {
        Some(AnyValue::BoolValue(value)) => json!(value),
        Some(AnyValue::IntValue(value)) => json!(value),
        Some(AnyValue::DoubleValue(value)) => json!(value),
        Some(AnyValue::StringValue(value)) => json!(value),
        // As text, as attributes have no parts.
        Some(AnyValue::ArrayValue(array)) => {
            let values: Vec<_> = array.values.iter().map(|it| value(Some(it))).collect();
            json!(Value::from(values).to_string())
        }
        // None that a span of ours has.
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;
    use opentelemetry::trace::{Span as _, Status, Tracer};

    use super::*;
    use crate::spans::tests::{Kept, tracer};

    #[test]
    fn a_span_is_one_object_with_all_it_says() {
        let kept = Kept::default();
        let mut span = tracer(&kept).start("GetUser");
        span.set_attribute(KeyValue::new("user.id", 7));
        span.set_attribute(KeyValue::new("rpc.system.name", "grpc"));
        span.set_status(Status::error("never shown"));
        let context = span.span_context().clone();
        drop(span);

        let spans = kept.decoded();
        let exported = line(&spans[0]);
        assert_eq!(exported["name"], "GetUser");
        assert_eq!(exported["kind"], "Internal");
        assert_eq!(exported["trace_id"], context.trace_id().to_string());
        assert_eq!(exported["span_id"], context.span_id().to_string());
        assert_eq!(exported["parent_span_id"], Value::Null);
        assert_eq!(exported["status"], "Error");
        assert_eq!(
            exported["attributes"],
            json!({"user.id": 7, "rpc.system.name": "grpc"})
        );
    }
}
