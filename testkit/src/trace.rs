//! Received spans as traces: trees that a test compares as text.

use std::collections::{BTreeMap, HashSet};

use grpc_telemetry::receiver::ReceivedSpan;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

/// All spans that share one trace id.
#[derive(Clone, Debug)]
pub struct Trace {
    id: String,
    spans: Vec<ReceivedSpan>,
}

impl Trace {
    /// Sorts `spans` into traces: the one that started first comes first.
    pub fn all(spans: &[ReceivedSpan]) -> Vec<Self> {
        let mut by_id: BTreeMap<&[u8], Vec<ReceivedSpan>> = BTreeMap::new();
        for received in spans {
            by_id
                .entry(&received.span.trace_id)
                .or_default()
                .push(received.clone());
        }
        let mut traces: Vec<Self> = by_id
            .into_iter()
            .map(|(id, mut spans)| {
                spans.sort_by_key(|it| it.span.start_time_unix_nano);
                Self { id: hex(id), spans }
            })
            .collect();
        traces.sort_by_key(|trace| trace.spans[0].span.start_time_unix_nano);
        traces
    }

    /// The trace id in lower-case hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its spans in the order of their start.
    pub fn spans(&self) -> &[ReceivedSpan] {
        &self.spans
    }

    /// The spans whose parent was not received: none, unless the parent is a foreign caller's.
    pub fn orphans(&self) -> Vec<&ReceivedSpan> {
        self.spans.iter().filter(|it| self.is_orphan(it)).collect()
    }

    /// The first span with this name.
    ///
    /// # Panics
    /// If there is none; the message shows the trace.
    pub fn span(&self, name: &str) -> &ReceivedSpan {
        let found = self.spans.iter().find(|it| it.span.name == name);
        found.unwrap_or_else(|| panic!("no span {name} in this trace:\n{}", self.tree()))
    }

    /// The trace as text: a line `service KIND name` for each span, children
    /// two spaces further in, siblings by their start. Roots and orphans come first.
    pub fn tree(&self) -> String {
        let mut text = String::new();
        for top in self
            .spans
            .iter()
            .filter(|it| is_root(it) || self.is_orphan(it))
        {
            self.render(top, 0, &mut text);
        }
        text
    }

    fn render(&self, received: &ReceivedSpan, depth: usize, text: &mut String) {
        let (service, kind) = (received.service_name(), kind(received));
        let indent = "  ".repeat(depth);
        text.push_str(&format!(
            "{indent}{service} {kind} {}\n",
            received.span.name
        ));
        let id = &received.span.span_id;
        for child in self.spans.iter().filter(|it| it.span.parent_span_id == *id) {
            self.render(child, depth + 1, text);
        }
    }

    fn is_orphan(&self, received: &ReceivedSpan) -> bool {
        let ids: HashSet<&[u8]> = self
            .spans
            .iter()
            .map(|it| it.span.span_id.as_slice())
            .collect();
        !is_root(received) && !ids.contains(received.span.parent_span_id.as_slice())
    }
}

fn is_root(received: &ReceivedSpan) -> bool {
    received.span.parent_span_id.is_empty()
}

fn kind(received: &ReceivedSpan) -> &'static str {
    match received.span.kind() {
        SpanKind::Unspecified => "UNSPECIFIED",
        SpanKind::Internal => "INTERNAL",
        SpanKind::Server => "SERVER",
        SpanKind::Client => "CLIENT",
        SpanKind::Producer => "PRODUCER",
        SpanKind::Consumer => "CONSUMER",
    }
}

/// The text attribute `key` of a span.
pub fn text<'a>(received: &'a ReceivedSpan, key: &str) -> Option<&'a str> {
    grpc_telemetry::receiver::text(&received.span.attributes, key)
}

/// The whole-number attribute `key` of a span.
pub fn integer(received: &ReceivedSpan, key: &str) -> Option<i64> {
    match attribute(&received.span.attributes, key)? {
        Value::IntValue(number) => Some(*number),
        _ => None,
    }
}

fn attribute<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    found.value.as_ref()?.value.as_ref()
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
    use opentelemetry_proto::tonic::trace::v1::Span;

    use super::*;

    fn pair(key: &str, value: Value) -> KeyValue {
        let value = Some(AnyValue { value: Some(value) });
        KeyValue {
            key: key.to_owned(),
            value,
            ..KeyValue::default()
        }
    }

    /// A span of trace `trace` that starts at the time of its own id; parent 0 means none.
    fn span(
        service: &str,
        kind: SpanKind,
        name: &str,
        trace: u8,
        [id, parent]: [u8; 2],
    ) -> ReceivedSpan {
        let parent_span_id = if parent == 0 {
            Vec::new()
        } else {
            vec![parent; 8]
        };
        ReceivedSpan {
            resource: Arc::new(vec![pair(
                "service.name",
                Value::StringValue(service.to_owned()),
            )]),
            scope: Arc::new(InstrumentationScope::default()),
            span: Span {
                trace_id: vec![trace; 16],
                span_id: vec![id; 8],
                parent_span_id,
                name: name.to_owned(),
                kind: kind.into(),
                start_time_unix_nano: id.into(),
                ..Span::default()
            },
        }
    }

    #[test]
    fn a_tree_shows_parentage_and_the_order_of_starts() {
        let spans = [
            span("service", SpanKind::Client, "SET", 1, [5, 3]),
            span("service", SpanKind::Client, "INSERT users", 1, [4, 3]),
            span("service", SpanKind::Server, "Create", 1, [3, 2]),
            span("client", SpanKind::Client, "Create", 1, [2, 1]),
            span("client", SpanKind::Internal, "workflow", 1, [1, 0]),
        ];
        let [trace] = &Trace::all(&spans)[..] else {
            panic!("one trace")
        };
        let expected = "\
client INTERNAL workflow
  client CLIENT Create
    service SERVER Create
      service CLIENT INSERT users
      service CLIENT SET
";
        assert_eq!(trace.tree(), expected);
        assert_eq!(trace.id(), "01".repeat(16));
        assert!(trace.orphans().is_empty());
    }

    #[test]
    fn an_orphan_is_found_and_shown_at_the_top_with_its_children() {
        let spans = [
            span("client", SpanKind::Client, "Get", 1, [1, 0]),
            span("service", SpanKind::Server, "Get", 1, [2, 9]),
            span("service", SpanKind::Client, "SELECT users", 1, [3, 2]),
        ];
        let [trace] = &Trace::all(&spans)[..] else {
            panic!("one trace")
        };
        let expected = "client CLIENT Get\nservice SERVER Get\n  service CLIENT SELECT users\n";
        assert_eq!(trace.tree(), expected);
        let orphans: Vec<&str> = trace.orphans().iter().map(|it| it.service_name()).collect();
        assert_eq!(orphans, ["service"]);
    }

    #[test]
    fn traces_are_told_apart_even_where_span_ids_are_the_same() {
        let spans = [
            span("client", SpanKind::Client, "Late", 1, [7, 0]),
            span("client", SpanKind::Client, "Early", 2, [1, 0]),
            span("service", SpanKind::Server, "Late", 1, [8, 7]),
            span("service", SpanKind::Server, "Lost", 2, [8, 7]),
        ];
        let trees: Vec<String> = Trace::all(&spans).iter().map(Trace::tree).collect();
        let late = "client CLIENT Late\n  service SERVER Late\n";
        assert_eq!(trees, ["client CLIENT Early\nservice SERVER Lost\n", late]);
    }

    #[test]
    fn attributes_are_read_by_their_type() {
        let mut received = span("client", SpanKind::Client, "Get", 1, [1, 0]);
        received.span.attributes = vec![
            pair("rpc.system.name", Value::StringValue("grpc".to_owned())),
            pair("server.port", Value::IntValue(8888)),
        ];
        assert_eq!(text(&received, "rpc.system.name"), Some("grpc"));
        assert_eq!(integer(&received, "server.port"), Some(8888));
        assert_eq!(text(&received, "server.port"), None);
        assert_eq!(integer(&received, "absent"), None);
    }
}
