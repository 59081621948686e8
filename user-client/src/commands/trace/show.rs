//! `trace show`: one trace, drawn.

use std::time::Duration;

use serde_json::{Value, json};
use trace_view::completeness::{is_complete, missing_spans, traced_calls};
use trace_view::jaeger::Jaeger;
use trace_view::{Span, TraceId, spans};

use crate::args::Format;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::console::Console;
use crate::output::waiting::announced;
use crate::trace::picture;
use crate::trace::source::{advice, waiting_for};

/// Draws the trace once it is complete, or as it is after `wait`, with the missing spans listed
/// below.
///
/// # Errors
/// When it isn't found, Jaeger can't be queried, or standard output can't be written to.
pub async fn run(
    id: TraceId,
    wait: Duration,
    jaeger: &Jaeger,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let waiting = jaeger.wait_for(id, wait, is_complete);
    let received = announced(|| waiting_for(id, jaeger), waiting).await?;
    let mut spans = spans(&received);
    picture::save(&spans, console)?;
    if console.format() == Format::Json {
        spans.sort_by_key(|span| span.start);
        for span in &spans {
            console.json(&object(span))?;
        }
        return Ok(Outcome::Ok);
    }
    let missing = missing_spans(&spans, &traced_calls(&spans));
    picture::show(&spans, &missing, &advice(jaeger), console)?;
    Ok(Outcome::Ok)
}

/// The object of a span for programs.
pub(super) fn object(span: &Span) -> Value {
    json!({
        "trace_id": span.trace_id.to_string(),
        "span_id": span.id.to_string(),
        "parent_span_id": span.parent.map(|id| id.to_string()),
        "service": span.service,
        "kind": span.kind.name(),
        "name": span.name,
        "start_unix_nano": span.start,
        "duration_nano": span.duration(),
        "error": span.error,
        "code": span.code,
    })
}
