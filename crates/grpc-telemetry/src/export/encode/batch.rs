//! Many spans as one request.

use opentelemetry_proto::tonic::trace::v1;
use prost::{DecodeError, Message};

use super::protobuf::{bytes, head, length_of_bytes};
use super::request::{EncodedResource, EncodedScope, EncodedSpan};
use crate::spans::Tracer;

/// Spans that are exported together.
#[derive(Debug, Default)]
pub(crate) struct SpanBatch {
    scopes: Vec<ScopeSpans>,
    count: usize,
    /// Bytes that the spans of one scope probably have.
    room: usize,
}

/// The spans of one scope, as a request has them.
#[derive(Debug)]
struct ScopeSpans {
    tracer: Tracer,
    spans: Vec<u8>,
}

impl SpanBatch {
    /// How many spans there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Takes all spans; there may soon be as many again.
    pub(crate) fn take(&mut self) -> Self {
        let sizes = self.scopes.iter().map(|it| it.spans.len());
        let room = sizes.max().unwrap_or(0);
        let empty = Self {
            room,
            ..Self::default()
        };
        std::mem::replace(self, empty)
    }

    /// Adds a copy of `span`.
    pub(crate) fn add(&mut self, span: &EncodedSpan) {
        bytes(self.spans_of(span.tracer()), 2, span.bytes());
        self.count += 1;
    }

    /// Adds all spans of `other`.
    pub(crate) fn append(&mut self, other: Self) {
        for ScopeSpans { tracer, spans } in other.scopes {
            self.spans_of(&tracer).extend_from_slice(&spans);
        }
        self.count += other.count;
    }

    /// Those of the scope of `tracer`.
    fn spans_of(&mut self, tracer: &Tracer) -> &mut Vec<u8> {
        let mut scopes = self.scopes.iter();
        let place = scopes.position(|it| it.tracer.has_scope_of(tracer));
        let place = place.unwrap_or_else(|| {
            self.scopes.push(ScopeSpans {
                tracer: tracer.clone(),
                spans: Vec::with_capacity(self.room),
            });
            self.scopes.len() - 1
        });
        &mut self.scopes[place].spans
    }

    /// An `ExportTraceServiceRequest` with all spans.
    pub(crate) fn request(&self, resource: &EncodedResource) -> Vec<u8> {
        let scopes = self.scopes.iter();
        let lengths = scopes.map(|scope| length_of_bytes(scope.length()));
        let length = resource.0.len() + lengths.sum::<usize>();
        let mut out = Vec::with_capacity(length_of_bytes(length));
        head(&mut out, 1, length);
        out.extend_from_slice(&resource.0);
        for scope in &self.scopes {
            scope.write(&mut out);
        }
        out
    }

    /// The spans as messages.
    ///
    /// # Errors
    /// When one is malformed.
    pub(crate) fn decode(&self) -> Result<Vec<v1::Span>, DecodeError> {
        let mut decoded = Vec::with_capacity(self.count);
        for scope in &self.scopes {
            decoded.extend(v1::ScopeSpans::decode(&*scope.spans)?.spans);
        }
        Ok(decoded)
    }
}

impl ScopeSpans {
    fn length(&self) -> usize {
        let EncodedScope { scope, schema } = self.tracer.scope();
        scope.len() + self.spans.len() + schema.len()
    }

    fn write(&self, out: &mut Vec<u8>) {
        let EncodedScope { scope, schema } = self.tracer.scope();
        head(out, 2, self.length());
        out.extend_from_slice(scope);
        out.extend_from_slice(&self.spans);
        out.extend_from_slice(schema);
    }
}
