//! Our tracer, behind the interface of OpenTelemetry. A span is written as OTLP has it while it
//! is made, into one buffer: the SDK keeps a list of attributes for each span, which costs an
//! allocation for each step that it takes to the exporter, and more time than encoding does.

mod ended;
mod provider;
mod recording;
mod span;
#[cfg(test)]
pub(crate) mod tests;
mod tracer;

pub(crate) use self::ended::{EndedSpan, Processor};
pub(crate) use self::provider::SpanProvider;
pub(crate) use self::recording::{Recording, RecordingLimits, Start};
pub(crate) use self::span::Span;
pub(crate) use self::tracer::{Begun, Tracer};
