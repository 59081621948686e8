//! The lines of a picture: its columns, and the bars beside them.

use std::collections::BTreeMap;

use console::Style;
use grpc_common::printable;

use super::bar::{Bar, Stroke};
use super::columns::{self, Columns};
use super::draw::{DrawOptions, extent, service_styles};
use super::duration;
use super::fold::fold;
use super::name;
use super::prefix;
use super::rows::{Content, Row};
use super::scale::Scale;
use crate::paint::{self, Paint};
use crate::span::Span;
use crate::text;
use crate::tree::Tree;

/// Everything that the lines of one picture have in common.
pub(crate) struct Canvas {
    columns: Columns,
    scale: Scale,
    styles: BTreeMap<String, Style>,
    paint: Paint,
}

impl Canvas {
    /// A canvas for `rows`, which are those of `tree`.
    pub(crate) fn new(tree: &Tree, rows: &[Row<'_>], options: DrawOptions) -> Self {
        let columns = Columns::fit(options.width, rows);
        let (start, end) = extent(tree);
        Self {
            scale: Scale::new(start, end, columns.bar),
            styles: service_styles(tree),
            paint: Paint(options.color),
            columns,
        }
    }

    /// The line of titles, with the axis.
    pub(crate) fn heading(&self) -> String {
        let cells = self.columns;
        let kind = if cells.kind < 4 { "" } else { "KIND" };
        let titles = [
            text::pad(&text::cut("SERVICE", cells.service), cells.service),
            text::pad(kind, cells.kind),
            text::pad("SPAN", cells.name),
            text::pad_left("TIME", cells.time),
            self.axis(),
        ];
        self.paint.text(&paint::DIM, &self.join(&titles))
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

    /// The line of a row.
    pub(crate) fn line(&self, row: &Row<'_>) -> String {
        match &row.content {
            Content::Span(span) => self.span_line(row, span),
            Content::More(spans) => self.more_line(row, spans),
            Content::Orphans => self.orphan_line(),
        }
    }

    fn span_line(&self, row: &Row<'_>, span: &Span) -> String {
        let time = duration::human(span.duration());
        self.join(&[
            self.service(row, span),
            self.kind(span),
            self.name(row, span),
            text::pad_left(&time, self.columns.time),
            self.bar(Stroke::Heavy, (span.start, span.end), span),
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
        self.join(&[
            self.service(row, first),
            self.kind(first),
            fold(row, spans, &self.columns, self.paint),
            self.bar(Stroke::Light, (start, end), first),
            self.note(row, first),
        ])
    }

    fn orphan_line(&self) -> String {
        let before = self.columns.service + self.columns.kind + 2 * self.columns.gap;
        let heading = self.paint.text(&paint::YELLOW, "(orphan)");
        format!("{}{heading}", " ".repeat(before))
    }

    fn service(&self, row: &Row<'_>, span: &Span) -> String {
        let name = text::cut(&columns::service(row), self.columns.service);
        let padded = text::pad(&name, self.columns.service);
        self.paint.text(self.service_style(span), &padded)
    }

    fn kind(&self, span: &Span) -> String {
        let kind = self.columns.kind_text(span.kind);
        let padded = text::pad(kind, self.columns.kind);
        self.paint.text(&paint::DIM, &padded)
    }

    fn name(&self, row: &Row<'_>, span: &Span) -> String {
        let prefix = prefix::fit(&row.prefix, self.columns.name);
        let left = self.columns.name.saturating_sub(text::width(&prefix));
        let name = name::fit(&printable(&span.name), left);
        let name = text::pad(&name, left);
        format!("{}{name}", self.paint.text(&paint::DIM, &prefix))
    }

    fn bar(&self, stroke: Stroke, (start, end): (u64, u64), span: &Span) -> String {
        let style = match span.error {
            true => &paint::RED,
            false => self.service_style(span),
        };
        let (from, to) = self.scale.halves(start, end);
        let bar = Bar { from, to, stroke };
        bar.draw(&self.scale, style, self.paint)
    }

    fn note(&self, row: &Row<'_>, span: &Span) -> String {
        let note = columns::note(row).unwrap_or_default();
        let note = text::cut(&note, self.columns.note);
        let style = if span.error { &paint::RED } else { &paint::DIM };
        self.paint.text(style, &note)
    }

    fn service_style(&self, span: &Span) -> &Style {
        self.styles.get(&span.service).unwrap_or(&paint::DIM)
    }
}
