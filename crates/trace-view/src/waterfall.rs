//! Traces as pictures for a terminal: a pure function from spans to text.

use std::collections::HashMap;

use opentelemetry::TraceId;

use crate::span::Span;

mod bar;
mod canvas;
mod columns;
mod draw;
mod duration;
mod fold;
mod name;
mod prefix;
mod rows;
mod scale;
mod skew;

pub use draw::DrawOptions;
pub(crate) use duration::human;
pub(crate) use skew::align;

/// Draws one waterfall for each trace in `spans`, in the order in which they
/// started, with a blank line between them. Text of the spans is made harmless to a terminal.
pub fn draw(spans: Vec<Span>, options: DrawOptions) -> String {
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
        .map(|(_, spans)| draw::trace(spans, options))
        .collect();
    pictures.join("\n")
}
