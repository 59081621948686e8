//! What a request says besides its spans.

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;

use super::UNLIMITED;
use super::protobuf::{bytes_if_any, message};
use crate::spans::Tracer;

/// A span ready to export: a message `Span`, and the tracer that knows its scope.
#[derive(Clone, Debug)]
pub(crate) struct EncodedSpan {
    tracer: Tracer,
    bytes: Vec<u8>,
}

impl EncodedSpan {
    /// A span of `tracer`.
    pub(crate) fn new(tracer: Tracer, bytes: Vec<u8>) -> Self {
        Self { tracer, bytes }
    }

    pub(super) fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Adds an attribute beyond all limits.
    #[cfg(feature = "tail-sampling")]
    pub(crate) fn add(&mut self, key: &str, value: &str) {
        UNLIMITED.text(&mut self.bytes, 9, key, value);
    }
}

/// The scope of spans, as a request has it: the first field of its `ScopeSpans`, and the last.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EncodedScope {
    pub(super) scope: Vec<u8>,
    pub(super) schema: Vec<u8>,
}

impl EncodedScope {
    pub(crate) fn new(scope: &InstrumentationScope) -> Self {
        let mut encoded = Vec::new();
        message(&mut encoded, 1, |out| {
            bytes_if_any(out, 1, scope.name().as_bytes());
            bytes_if_any(out, 2, scope.version().unwrap_or_default().as_bytes());
            let attributes = scope.attributes();
            attributes.for_each(|it| UNLIMITED.attribute(out, 3, it.key.as_str(), &it.value));
        });
        let mut schema = Vec::new();
        let url = scope.schema_url().unwrap_or_default();
        bytes_if_any(&mut schema, 3, url.as_bytes());
        Self {
            scope: encoded,
            schema,
        }
    }
}

/// The resource of spans, as a request has it: the first fields of its `ResourceSpans`.
#[derive(Debug, Default)]
pub(crate) struct EncodedResource(pub(super) Vec<u8>);

impl EncodedResource {
    pub(crate) fn new(resource: &Resource) -> Self {
        let mut out = Vec::new();
        message(&mut out, 1, |out| {
            for (key, value) in resource {
                UNLIMITED.attribute(out, 1, key.as_str(), value);
            }
        });
        let url = resource.schema_url().unwrap_or_default();
        bytes_if_any(&mut out, 3, url.as_bytes());
        Self(out)
    }
}
