//! A span as the waterfall needs it.

use grpc_telemetry::receiver::{ReceivedSpan, text};
use opentelemetry::{SpanId, TraceId};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1 as otlp;
use serde::Deserialize;

/// The attributes that name how a call ended, the most telling first.
const CODE_ATTRIBUTES: [&str; 3] = [
    "rpc.response.status_code",
    "db.response.status_code",
    "error.type",
];

/// What part a span has in a conversation between services.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    /// Work inside a service.
    Internal,
    /// An outgoing call.
    Client,
    /// An incoming call.
    Server,
    /// A message sent.
    Producer,
    /// A message taken.
    Consumer,
}

impl Kind {
    /// The kind as OpenTelemetry writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Internal => "INTERNAL",
            Self::Client => "CLIENT",
            Self::Server => "SERVER",
            Self::Producer => "PRODUCER",
            Self::Consumer => "CONSUMER",
        }
    }
}

/// One span. Times are Unix nanoseconds by the clock of its service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Span {
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// Its own id.
    pub id: SpanId,
    /// The span that caused it; none at the root.
    pub parent: Option<SpanId>,
    /// The service that made it.
    pub service: String,
    /// Its part in the conversation.
    pub kind: Kind,
    /// What it did.
    pub name: String,
    /// When it began.
    pub start: u64,
    /// When it ended, never before it began.
    pub end: u64,
    /// Whether its status is an error.
    pub error: bool,
    /// How it ended, where that isn't plainly well: `NOT_FOUND`, `23505`.
    pub code: Option<String>,
    /// Whether it is a gRPC call.
    pub rpc: bool,
}

/// The spans that came over the wire, without those whose ids are malformed.
pub fn spans(received: &[ReceivedSpan]) -> Vec<Span> {
    received.iter().filter_map(Span::from_otlp).collect()
}

impl Span {
    /// The span that came over the wire; none if its ids are malformed.
    pub fn from_otlp(received: &ReceivedSpan) -> Option<Self> {
        let span = &received.span;
        let start = span.start_time_unix_nano;
        let status = span.status.clone().unwrap_or_default();
        let error = status.code() == otlp::status::StatusCode::Error;
        Some(Self {
            trace_id: trace_id(&span.trace_id)?,
            id: span_id(&span.span_id)?,
            parent: span_id(&span.parent_span_id),
            service: received.service_name().to_owned(),
            kind: kind(span.kind()),
            name: span.name.clone(),
            start,
            end: span.end_time_unix_nano.max(start),
            error,
            code: code(&span.attributes).or_else(|| error.then(|| headline(&status.message))),
            rpc: text(&span.attributes, "rpc.system.name") == Some("grpc"),
        })
    }

    /// How long it took, in nanoseconds.
    pub fn duration(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// What to say about how it ended, readable without colour.
    pub fn note(&self) -> Option<String> {
        let code = self.code.as_deref();
        if self.error {
            return Some(format!("✗ {}", code.unwrap_or("ERROR")));
        }
        code.map(str::to_owned)
    }
}

/// The id in `bytes`; none if it is malformed.
pub(crate) fn trace_id(bytes: &[u8]) -> Option<TraceId> {
    let id = TraceId::from_bytes(bytes.try_into().ok()?);
    (id != TraceId::INVALID).then_some(id)
}

/// The id in `bytes`; none if it is malformed.
pub(crate) fn span_id(bytes: &[u8]) -> Option<SpanId> {
    let id = SpanId::from_bytes(bytes.try_into().ok()?);
    (id != SpanId::INVALID).then_some(id)
}

fn kind(kind: otlp::span::SpanKind) -> Kind {
    match kind {
        otlp::span::SpanKind::Client => Kind::Client,
        otlp::span::SpanKind::Server => Kind::Server,
        otlp::span::SpanKind::Producer => Kind::Producer,
        otlp::span::SpanKind::Consumer => Kind::Consumer,
        otlp::span::SpanKind::Internal | otlp::span::SpanKind::Unspecified => Kind::Internal,
    }
}

fn code(attributes: &[KeyValue]) -> Option<String> {
    let found = CODE_ATTRIBUTES
        .iter()
        .find_map(|key| text(attributes, key))?;
    (found != "OK").then(|| found.to_owned())
}

/// The first line of a status message, which may be long or empty.
fn headline(message: &str) -> String {
    match message.lines().next() {
        Some(line) if !line.trim().is_empty() => line.trim().to_owned(),
        _ => "ERROR".to_owned(),
    }
}

#[cfg(test)]
mod tests;
