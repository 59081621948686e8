//! One trace: a row with a bar for each span, which opens.

use std::collections::HashMap;

use grpc_common::printable;
use grpc_telemetry::receiver::ReceivedSpan;
use opentelemetry::SpanId;

use super::detail;
use super::html::{self, count};
use crate::completeness::{missing_spans, traced_calls};
use crate::span::{Span, span_id, spans};
use crate::tree::Tree;
use crate::waterfall::{align, human};

/// The most spans on a page.
const MOST: usize = 2_000;
/// The page ends after the span with which it has so many bytes.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// The width of all bars, in units of the image.
const WIDTH: f64 = 1_000.0;
/// Services have so many colours.
const COLOURS: usize = 5;
/// Names are indented up to this depth.
const DEEPEST: usize = 40;

/// What the rows share.
struct Drawing<'a> {
    received: HashMap<SpanId, &'a ReceivedSpan>,
    services: Vec<String>,
    start: u64,
    total: u64,
}

/// The part of the page that grows, of `received`, which are all of one trace.
pub(super) fn body(received: &[ReceivedSpan]) -> String {
    let spans = spans(received);
    let missing = missing_spans(&spans, &traced_calls(&spans)).len();
    let mut tree = Tree::new(spans);
    align(&mut tree);
    let drawing = Drawing::of(&tree, received);
    let mut body = drawing.head(&tree);
    if missing > 0 {
        let line = "not here yet, or never exported";
        body.push_str(&format!(
            "<p class=\"quiet\">{}: {line}.</p>\n",
            count(missing, "span")
        ));
    }
    body.push_str(&drawing.axis());
    let rows = in_order(&tree);
    let (mut shown, end) = (0, body.len() + MOST_BYTES);
    for (index, depth) in rows.iter().take(MOST) {
        body.push_str(&drawing.row(&tree.spans[*index], *depth));
        shown += 1;
        if body.len() > end {
            break;
        }
    }
    if let more @ 1.. = rows.len() - shown {
        body.push_str(&format!(
            "<p class=\"quiet\">… and {}.</p>",
            count(more, "more span")
        ));
    }
    body
}

/// All spans from top to bottom, with their depths.
fn in_order(tree: &Tree) -> Vec<(usize, usize)> {
    let mut rows = Vec::new();
    let mut stack: Vec<(usize, usize)> = tree.tops().into_iter().rev().map(|it| (it, 0)).collect();
    while let Some((index, depth)) = stack.pop() {
        rows.push((index, depth));
        let children = tree.children[index].iter().rev();
        stack.extend(children.map(|child| (*child, depth + 1)));
    }
    rows
}

impl<'a> Drawing<'a> {
    fn of(tree: &Tree, received: &'a [ReceivedSpan]) -> Self {
        let by_id = received.iter();
        let by_id = by_id.filter_map(|it| Some((span_id(&it.span.span_id)?, it)));
        let mut services = Vec::new();
        for span in &tree.spans {
            if !services.contains(&span.service) {
                services.push(span.service.clone());
            }
        }
        let start = tree.spans.iter().map(|span| span.start).min().unwrap_or(0);
        let end = tree.spans.iter().map(|span| span.end).max().unwrap_or(0);
        Self {
            received: by_id.collect(),
            services,
            start,
            total: end.saturating_sub(start),
        }
    }

    fn head(&self, tree: &Tree) -> String {
        let Some(first) = tree.spans.first() else {
            return String::new();
        };
        let errors = tree.spans.iter().filter(|span| span.error).count();
        let failed = match errors {
            0 => String::new(),
            errors => format!(
                " · <span class=\"failed\">{}</span>",
                count(errors, "error")
            ),
        };
        format!(
            "<p><a href=\"/\">All traces</a></p>\n<h1>{}</h1>\n<p>trace <code>{id}</code> · {} · {} · {}{failed} · \
             <a href=\"/api/v3/traces/{id}\">JSON</a></p>\n",
            html::text(&first.name),
            human(self.total),
            count(tree.spans.len(), "span"),
            count(self.services.len(), "service"),
            id = first.trace_id,
        )
    }

    fn axis(&self) -> String {
        format!(
            "<div class=\"axis\"><span>service</span><span>kind</span><span>span</span><span class=\"number\">time</span>\
             <span class=\"ends\"><span>0</span><span>{}</span></span><span></span></div>\n",
            human(self.total)
        )
    }

    fn row(&self, span: &Span, depth: usize) -> String {
        let details = self.received.get(&span.id);
        let details = details
            .map(|it| detail::of(it, self.start))
            .unwrap_or_default();
        let indent = "\u{a0}\u{a0}".repeat(depth.min(DEEPEST));
        let note = span.note().unwrap_or_default();
        let class = if span.error { "failed" } else { "quiet" };
        let id = span.id;
        let label = printable(&span.name);
        format!(
            "<details id=\"d{id}\"><summary id=\"s{id}\"><span>{}</span><span class=\"quiet\">{}</span>\
             <span title=\"{}\">{indent}{}</span><span class=\"number\">{}</span>{}<span class=\"{class}\">{}</span></summary>\
             <div>{details}</div></details>\n",
            html::text(&span.service),
            span.kind.name(),
            html::text(&label),
            html::text(&label),
            human(span.duration()),
            self.bar(span),
            html::text(&note),
        )
    }

    /// An image and not a style: the policy allows no styles of elements.
    fn bar(&self, span: &Span) -> String {
        let unit = WIDTH / self.total.max(1) as f64;
        let width = (span.duration() as f64 * unit).clamp(2.0, WIDTH);
        let from = span.start.saturating_sub(self.start) as f64 * unit;
        let from = from.min(WIDTH - width);
        let service = self.services.iter().position(|it| *it == span.service);
        let colour = service.unwrap_or(0) % COLOURS;
        let class = match span.error {
            true => "failed".to_owned(),
            false => format!("c{colour}"),
        };
        format!(
            "<svg viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
             <rect class=\"{class}\" x=\"{from:.1}\" y=\"1\" width=\"{width:.1}\" height=\"8\"/></svg>"
        )
    }
}
