//! The picture of one trace.

use std::collections::BTreeMap;

use console::{Color, Style};
use grpc_common::printable;

use super::canvas::Canvas;
use super::duration;
use super::rows::rows;
use super::skew;
use crate::paint::{self, Paint};
use crate::span::Span;
use crate::tree::Tree;

/// Services are distinguished by these, in the order in which they appear.
const SERVICE_STYLES: [Style; 5] = [
    Style::new().fg(Color::Cyan),
    Style::new().fg(Color::Green),
    Style::new().fg(Color::Magenta),
    Style::new().fg(Color::Blue),
    Style::new().fg(Color::Yellow),
];

/// How a picture is drawn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DrawOptions {
    /// The width of the terminal, in cells; at least 60 are drawn.
    pub width: usize,
    /// Whether to use ANSI colours.
    pub color: bool,
}

/// Draws `spans`, which are all of one trace.
pub(crate) fn trace(spans: Vec<Span>, options: DrawOptions) -> String {
    let mut tree = Tree::new(spans);
    let moved = skew::align(&mut tree);
    let rows = rows(&tree);
    let paint = Paint(options.color);
    let canvas = Canvas::new(&tree, &rows, options);
    let mut lines = header(&tree, paint);
    lines.extend(moved_clocks(&moved));
    lines.push(String::new());
    lines.push(canvas.heading());
    lines.extend(rows.iter().map(|row| canvas.line(row)));
    let mut picture = String::new();
    for line in lines {
        picture.push_str(line.trim_end());
        picture.push('\n');
    }
    picture
}

fn header(tree: &Tree, paint: Paint) -> Vec<String> {
    let Some(first) = tree.spans.first() else {
        return Vec::new();
    };
    let (start, end) = extent(tree);
    let errors = tree.spans.iter().filter(|span| span.error).count();
    let mut facts = vec![
        paint.text(&paint::BOLD, &duration::human(end - start)),
        count(tree.spans.len(), "span"),
        count(service_styles(tree).len(), "service"),
    ];
    if errors > 0 {
        facts.push(paint.text(&paint::RED, &count(errors, "error")));
    }
    let id = first.trace_id.to_string();
    vec![
        format!("trace {}", paint.text(&paint::BOLD, &id)),
        facts.join(" · "),
    ]
}

/// The first and the last instant of all spans.
pub(crate) fn extent(tree: &Tree) -> (u64, u64) {
    let start = tree.spans.iter().map(|span| span.start).min().unwrap_or(0);
    let end = tree.spans.iter().map(|span| span.end).max().unwrap_or(0);
    (start, end.max(start))
}

fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn moved_clocks(moved: &BTreeMap<String, u64>) -> Vec<String> {
    let sentence = |(service, by): (&String, &u64)| {
        let service = printable(service);
        let by = duration::human(*by);
        format!("the clock of {service} differs: its spans are drawn moved by {by}")
    };
    moved.iter().map(sentence).collect()
}

/// The style of each service.
pub(crate) fn service_styles(tree: &Tree) -> BTreeMap<String, Style> {
    let mut styles = BTreeMap::new();
    for span in &tree.spans {
        let next = &SERVICE_STYLES[styles.len() % SERVICE_STYLES.len()];
        styles
            .entry(span.service.clone())
            .or_insert_with(|| next.clone());
    }
    styles
}

#[cfg(test)]
mod tests;
