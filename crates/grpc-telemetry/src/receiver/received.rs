//! Spans and log records as they came over the wire.

use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

/// One span as it came over the wire, with what its batch said of its origin.
#[derive(Clone, Debug)]
pub struct ReceivedSpan {
    /// The attributes of the resource that made the span.
    pub resource: Arc<Vec<KeyValue>>,
    /// The instrumentation scope that made the span.
    pub scope: Arc<InstrumentationScope>,
    /// The span itself.
    pub span: Span,
}

/// One log record as it came over the wire, with what its batch said of its origin.
#[derive(Clone, Debug)]
pub struct ReceivedLog {
    /// The attributes of the resource that made the record.
    pub resource: Arc<Vec<KeyValue>>,
    /// The instrumentation scope that made the record.
    pub scope: Arc<InstrumentationScope>,
    /// The record itself.
    pub record: LogRecord,
}

impl ReceivedSpan {
    /// `service.name` of the resource, or "unknown" without one.
    pub fn service_name(&self) -> &str {
        text(&self.resource, "service.name").unwrap_or("unknown")
    }

    /// The spans of OTLP batches, each with what its batch says of its origin.
    pub fn of_batches(batches: Vec<ResourceSpans>) -> impl Iterator<Item = Self> {
        batches.into_iter().flat_map(|batch| {
            let resource = Arc::new(batch.resource.map(|it| it.attributes).unwrap_or_default());
            let scopes = batch.scope_spans.into_iter();
            scopes.flat_map(move |scoped| Self::of_scope(&resource, scoped))
        })
    }

    fn of_scope(
        resource: &Arc<Vec<KeyValue>>,
        scoped: ScopeSpans,
    ) -> impl Iterator<Item = Self> + use<> {
        let resource = Arc::clone(resource);
        let scope = Arc::new(scoped.scope.unwrap_or_default());
        scoped.spans.into_iter().map(move |span| Self {
            resource: Arc::clone(&resource),
            scope: Arc::clone(&scope),
            span,
        })
    }
}

impl ReceivedLog {
    /// The log records of OTLP batches, each with what its batch says of its origin.
    pub fn of_batches(batches: Vec<ResourceLogs>) -> impl Iterator<Item = Self> {
        batches.into_iter().flat_map(|batch| {
            let resource = Arc::new(batch.resource.map(|it| it.attributes).unwrap_or_default());
            let scopes = batch.scope_logs.into_iter();
            scopes.flat_map(move |scoped| Self::of_scope(&resource, scoped))
        })
    }

    fn of_scope(
        resource: &Arc<Vec<KeyValue>>,
        scoped: ScopeLogs,
    ) -> impl Iterator<Item = Self> + use<> {
        let resource = Arc::clone(resource);
        let scope = Arc::new(scoped.scope.unwrap_or_default());
        scoped.log_records.into_iter().map(move |record| Self {
            resource: Arc::clone(&resource),
            scope: Arc::clone(&scope),
            record,
        })
    }
}

/// The value of the text attribute `key`.
pub fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}
