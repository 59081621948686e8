//! The picture of one trace.

use std::collections::BTreeMap;

use super::bar::{Stroke, bar};
use super::columns::{self, Columns};
use super::duration;
use super::name;
use super::rows::{Content, Row, rows};
use super::scale::Scale;
use super::skew;
use super::span::Span;
use super::tree::Tree;
use crate::output::paint::{Hue, Paint};
use crate::output::text::{self, Keep};

/// Services are told apart by these, in the order in which they appear.
const SERVICE_HUES: [Hue; 5] = [Hue::Cyan, Hue::Green, Hue::Magenta, Hue::Blue, Hue::Yellow];

/// How a picture is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// The width of the terminal, in cells.
    pub width: usize,
    /// Whether to use colour.
    pub paint: Paint,
}

/// Draws `spans`, which are all of one trace.
pub fn trace(spans: Vec<Span>, style: Style) -> String {
    let mut tree = Tree::new(spans);
    let moved = skew::align(&mut tree);
    let rows = rows(&tree);
    let canvas = Canvas::new(&tree, &rows, style);
    let mut lines = header(&tree, style.paint);
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
        paint.text(Hue::Bold, &duration::human(end - start)),
        count(tree.spans.len(), "span"),
        count(service_hues(tree).len(), "service"),
    ];
    if errors > 0 {
        facts.push(paint.text(Hue::Red, &count(errors, "error")));
    }
    vec![
        format!(
            "trace {}",
            paint.text(Hue::Bold, &first.trace_id.to_string())
        ),
        facts.join(" · "),
    ]
}

/// The first and the last instant of all spans.
fn extent(tree: &Tree) -> (u64, u64) {
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
        let service = text::printable(service);
        let by = duration::human(*by);
        format!("the clock of {service} differs: its spans are drawn moved by {by}")
    };
    moved.iter().map(sentence).collect()
}

fn service_hues(tree: &Tree) -> BTreeMap<String, Hue> {
    let mut hues = BTreeMap::new();
    for span in &tree.spans {
        let next = SERVICE_HUES[hues.len() % SERVICE_HUES.len()];
        hues.entry(span.service.clone()).or_insert(next);
    }
    hues
}

/// Everything that the lines of one picture have in common.
struct Canvas {
    columns: Columns,
    scale: Scale,
    hues: BTreeMap<String, Hue>,
    paint: Paint,
}

impl Canvas {
    fn new(tree: &Tree, rows: &[Row<'_>], style: Style) -> Self {
        let columns = Columns::fit(style.width, rows);
        let (start, end) = extent(tree);
        Self {
            scale: Scale::new(start, end, columns.bar),
            hues: service_hues(tree),
            paint: style.paint,
            columns,
        }
    }

    fn heading(&self) -> String {
        let cells = self.columns;
        let kind = if cells.kind < 4 { "" } else { "KIND" };
        let titles = [
            text::pad(
                &text::cut("SERVICE", cells.service, Keep::Start),
                cells.service,
            ),
            text::pad(kind, cells.kind),
            text::pad("SPAN", cells.name),
            text::pad_left("TIME", cells.time),
            self.axis(),
        ];
        self.paint.text(Hue::Dim, &self.join(&titles))
    }

    /// The labels of the ticks, each beginning at its cell.
    fn axis(&self) -> String {
        let mut axis = String::new();
        // The column of notes has no title, so a label may reach into it.
        let room = self.columns.bar + self.columns.note;
        for tick in self.scale.ticks() {
            if tick.cell + text::width(&tick.label) <= room {
                axis = text::pad(&axis, tick.cell);
                axis.push_str(&tick.label);
            }
        }
        axis
    }

    fn join(&self, cells: &[String]) -> String {
        cells.join(&" ".repeat(self.columns.gap))
    }

    fn line(&self, row: &Row<'_>) -> String {
        match &row.content {
            Content::Span(span) => self.span_line(row, span),
            Content::More(spans) => self.more_line(row, spans),
            Content::Orphans => self.orphan_line(),
        }
    }

    fn span_line(&self, row: &Row<'_>, span: &Span) -> String {
        let time = duration::human(span.duration());
        let hue = self.hue(span);
        let halves = self.scale.halves(span.start, span.end);
        self.join(&[
            self.service(row, span),
            self.kind(span),
            self.name(row, &text::printable(&span.name), self.columns.name),
            text::pad_left(&time, self.columns.time),
            bar(&self.scale, halves, Stroke::Heavy, hue, self.paint),
            self.note(row, span),
        ])
    }

    /// A fold: how many, of what, and from how short to how long.
    fn more_line(&self, row: &Row<'_>, spans: &[&Span]) -> String {
        let Some(first) = spans.first() else {
            return String::new();
        };
        let start = spans.iter().map(|span| span.start).min().unwrap_or(0);
        let end = spans.iter().map(|span| span.end).max().unwrap_or(0);
        let halves = self.scale.halves(start, end);
        self.join(&[
            self.service(row, first),
            self.kind(first),
            self.fold(row, spans, first),
            bar(
                &self.scale,
                halves,
                Stroke::Light,
                self.hue(first),
                self.paint,
            ),
            self.note(row, first),
        ])
    }

    /// The text of a fold, over the columns of the name and of the time.
    fn fold(&self, row: &Row<'_>, spans: &[&Span], first: &Span) -> String {
        let shortest = spans.iter().map(|span| span.duration()).min().unwrap_or(0);
        let longest = spans.iter().map(|span| span.duration()).max().unwrap_or(0);
        let range = format!(" {}", duration::range(shortest, longest));
        let room = self.columns.name + self.columns.gap + self.columns.time;
        let left = room.saturating_sub(text::width(&range));
        let start = format!("… {} more ", spans.len());
        let prefix = fitting_prefix(&row.prefix, left);
        let used = text::width(&prefix) + text::width(&start);
        let name = text::printable(&first.name);
        let name = name::fit(&name, left.saturating_sub(used));
        let what = text::cut(
            &format!("{start}{name}"),
            left - text::width(&prefix),
            Keep::Start,
        );
        let pad = left.saturating_sub(text::width(&prefix) + text::width(&what));
        format!(
            "{}{what}{:pad$}{range}",
            self.paint.text(Hue::Dim, &prefix),
            ""
        )
    }

    fn orphan_line(&self) -> String {
        let before = self.columns.service + self.columns.kind + 2 * self.columns.gap;
        format!("{:before$}{}", "", self.paint.text(Hue::Yellow, "(orphan)"))
    }

    fn service(&self, row: &Row<'_>, span: &Span) -> String {
        let name = text::cut(&columns::service(row), self.columns.service, Keep::Start);
        let hue = self.hues.get(&span.service).copied().unwrap_or(Hue::Cyan);
        self.paint
            .text(hue, &text::pad(&name, self.columns.service))
    }

    fn kind(&self, span: &Span) -> String {
        let kind = self.columns.kind_text(span.kind);
        self.paint
            .text(Hue::Dim, &text::pad(kind, self.columns.kind))
    }

    fn name(&self, row: &Row<'_>, name: &str, cells: usize) -> String {
        let prefix = fitting_prefix(&row.prefix, cells);
        let left = cells.saturating_sub(text::width(&prefix));
        let name = text::pad(&name::fit(name, left), left);
        format!("{}{name}", self.paint.text(Hue::Dim, &prefix))
    }

    fn note(&self, row: &Row<'_>, span: &Span) -> String {
        let note = columns::note(row).unwrap_or_default();
        let note = text::cut(&note, self.columns.note, Keep::Start);
        let hue = if span.error { Hue::Red } else { Hue::Dim };
        self.paint.text(hue, &note)
    }

    fn hue(&self, span: &Span) -> Hue {
        if span.error {
            return Hue::Red;
        }
        self.hues.get(&span.service).copied().unwrap_or(Hue::Cyan)
    }
}

/// Tree lines that leave room for a name: the nearest ancestors matter most.
fn fitting_prefix(prefix: &str, cells: usize) -> String {
    text::cut(prefix, cells.saturating_sub(8), Keep::End)
}

#[cfg(test)]
mod tests;
