//! Many spans as one request.

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;

use super::UNLIMITED;
use super::protobuf::{bytes, bytes_if_any, head, length_of_bytes, message};
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
    scope: Vec<u8>,
    schema: Vec<u8>,
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
pub(crate) struct EncodedResource(Vec<u8>);

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

/// The spans of one scope.
struct ScopeSpans<'a> {
    tracer: &'a Tracer,
    spans: Vec<&'a EncodedSpan>,
}

impl<'a> ScopeSpans<'a> {
    /// Those of each scope among `spans`.
    fn of(spans: &'a [EncodedSpan]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for span in spans {
            let group = groups.iter_mut();
            match { group }.find(|it| it.tracer.has_scope_of(&span.tracer)) {
                Some(group) => group.spans.push(span),
                None => groups.push(Self {
                    tracer: &span.tracer,
                    spans: vec![span],
                }),
            }
        }
        groups
    }

    fn length(&self) -> usize {
        let EncodedScope { scope, schema } = self.tracer.scope();
        let spans = self.spans.iter();
        let spans: usize = spans.map(|it| length_of_bytes(it.bytes.len())).sum();
        scope.len() + spans + schema.len()
    }

    fn write(&self, out: &mut Vec<u8>) {
        let EncodedScope { scope, schema } = self.tracer.scope();
        head(out, 2, self.length());
        out.extend_from_slice(scope);
        for span in &self.spans {
            bytes(out, 2, &span.bytes);
        }
        out.extend_from_slice(schema);
    }
}

/// An `ExportTraceServiceRequest` with all of `spans`.
pub(crate) fn request(resource: &EncodedResource, spans: &[EncodedSpan]) -> Vec<u8> {
    let scopes = ScopeSpans::of(spans);
    let of_scopes = scopes.iter().map(|scope| length_of_bytes(scope.length()));
    let length = resource.0.len() + of_scopes.sum::<usize>();
    let mut out = Vec::with_capacity(length_of_bytes(length));
    head(&mut out, 1, length);
    out.extend_from_slice(&resource.0);
    for scope in scopes {
        scope.write(&mut out);
    }
    out
}
