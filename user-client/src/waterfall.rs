//! Traces as pictures for a terminal: a pure function from spans to text.

use std::collections::HashMap;

use opentelemetry::TraceId;

pub mod bar;
pub mod columns;
pub mod complete;
pub mod draw;
pub mod duration;
pub mod name;
pub mod rows;
pub mod scale;
pub mod skew;
pub mod span;
pub mod tree;

#[cfg(test)]
pub(crate) mod fixture;

pub use draw::Style;
pub use span::{Kind, Span};

/// Draws one waterfall for each trace in `spans`, in the order in which they
/// started, with a blank line between them.
pub fn draw(spans: Vec<Span>, style: Style) -> String {
    let mut traces: HashMap<TraceId, Vec<Span>> = HashMap::new();
    for span in spans {
        traces.entry(span.trace_id).or_default().push(span);
    }
    let mut traces: Vec<(TraceId, Vec<Span>)> = traces.into_iter().collect();
    traces.sort_by_key(|(id, spans)| {
        let start = spans.iter().map(|span| span.start).min();
        (start, id.to_bytes())
    });
    let pictures: Vec<String> = traces
        .into_iter()
        .map(|(_, spans)| draw::trace(spans, style))
        .collect();
    pictures.join("\n")
}
