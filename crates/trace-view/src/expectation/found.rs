//! The actual trace.

use std::collections::HashMap;

use grpc_telemetry::receiver::ReceivedSpan;
use opentelemetry::SpanId;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Otlp;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::{Value, json};

use super::file::Status;
use crate::span::Span;
use crate::tree::Tree;

/// A trace to compare with an expectation: a forest of spans, however deep, with their attributes.
#[derive(Debug)]
pub struct FoundTrace<'a> {
    tree: Tree,
    received: HashMap<SpanId, &'a ReceivedSpan>,
}

impl<'a> FoundTrace<'a> {
    /// The trace of `received`, which are all of one.
    pub fn new(received: &'a [ReceivedSpan]) -> Self {
        let spans = received
            .iter()
            .filter_map(|received| Some((Span::from_otlp(received)?, received)));
        let (spans, received) = spans
            .map(|(span, received)| (span.clone(), (span.id, received)))
            .unzip();
        Self {
            tree: Tree::new(spans),
            received,
        }
    }

    /// How many spans there are.
    pub fn len(&self) -> usize {
        self.tree.spans.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tree.spans.is_empty()
    }

    /// The spans that are below no other.
    pub(crate) fn tops(&self) -> Vec<usize> {
        self.tree.tops()
    }

    /// The spans right below this one.
    pub(crate) fn children(&self, index: usize) -> &[usize] {
        &self.tree.children[index]
    }

    /// A span.
    pub(crate) fn span(&self, index: usize) -> &Span {
        &self.tree.spans[index]
    }

    /// How a span ended.
    pub(crate) fn status(&self, index: usize) -> Status {
        let received = self.received.get(&self.span(index).id);
        let status = received.and_then(|it| it.span.status.as_ref());
        match status.map(|it| it.code()) {
            Some(StatusCode::Ok) => Status::Ok,
            Some(StatusCode::Error) => Status::Error,
            Some(StatusCode::Unset) | None => Status::Unset,
        }
    }

    /// The value of an attribute of a span.
    pub(crate) fn attribute(&self, index: usize, key: &str) -> Option<Value> {
        let received = self.received.get(&self.span(index).id)?;
        let mut attributes = received.span.attributes.iter();
        let found = attributes.find(|attribute| attribute.key == key)?;
        Some(value(found.value.as_ref()))
    }
}

/// A value as it is in JSON, and in a file.
pub(crate) fn value(value: Option<&AnyValue>) -> Value {
    match value.and_then(|it| it.value.as_ref()) {
        Some(Otlp::StringValue(text)) => text.as_str().into(),
        Some(Otlp::BoolValue(truth)) => (*truth).into(),
        Some(Otlp::IntValue(number)) => (*number).into(),
        Some(Otlp::DoubleValue(number)) => (*number).into(),
        Some(Otlp::ArrayValue(list)) => {
            list.values.iter().map(|it| self::value(Some(it))).collect()
        }
        Some(Otlp::KvlistValue(map)) => map.values.iter().map(pair).collect(),
        Some(Otlp::BytesValue(bytes)) => json!(bytes),
        _ => Value::Null,
    }
}

fn pair(attribute: &KeyValue) -> (String, Value) {
    (attribute.key.clone(), value(attribute.value.as_ref()))
}
