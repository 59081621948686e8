//! How wide each column is, given what wants to be in it.

use grpc_common::printable;

use super::duration;
use super::rows::{Content, Row};
use crate::span::{Kind, Span};
use crate::text;

/// No picture is narrower than this, whatever the terminal says.
pub(crate) const NARROWEST: usize = 60;
/// Below this width the kinds are abbreviated and the gaps are small.
const ROOMY: usize = 80;
/// Every column of text keeps at least this many cells.
const LEAST_NAME: usize = 10;

/// The widths of the columns of one picture, in cells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Columns {
    /// Names of services.
    pub(crate) service: usize,
    /// Kinds of spans.
    pub(crate) kind: usize,
    /// Tree lines and names of spans.
    pub(crate) name: usize,
    /// Durations, aligned right.
    pub(crate) time: usize,
    /// Bars.
    pub(crate) bar: usize,
    /// Codes of what ended otherwise than well; 0 if all is well.
    pub(crate) note: usize,
    /// Between two columns.
    pub(crate) gap: usize,
}

impl Columns {
    /// Columns for `rows` that take `width` cells together.
    pub(crate) fn fit(width: usize, rows: &[Row<'_>]) -> Self {
        let width = width.max(NARROWEST);
        let roomy = width >= ROOMY;
        let gap = if roomy { 2 } else { 1 };
        let service = widest(rows, |row| text::width(&service(row))).min(width / 5);
        let kind = if roomy {
            widest(rows, |row| {
                span(row).map_or(0, |span| span.kind.name().len())
            })
        } else {
            3
        };
        let time = widest(rows, |row| span(row).map_or(0, time_width)).max("TIME".len());
        let note =
            widest(rows, |row| note(row).map_or(0, |note| text::width(&note))).min(width / 5);
        let gaps = gap * if note > 0 { 5 } else { 4 };
        let left = width - gaps - service - kind - time - note;
        let wanted = widest(rows, |row| text::width(&row.prefix) + name_width(row));
        let bar_share = (width * 3 / 10).min(left / 2);
        let name = wanted.min(left - bar_share).max(LEAST_NAME);
        Self {
            service,
            kind,
            name,
            time,
            bar: left - name,
            note,
            gap,
        }
    }

    /// The kind as it is written at this width.
    pub(crate) fn kind_text(&self, kind: Kind) -> &'static str {
        let name = kind.name();
        if self.kind >= name.len() {
            return name;
        }
        match kind {
            Kind::Internal => "INT",
            Kind::Client => "CLI",
            Kind::Server => "SRV",
            Kind::Producer => "PRO",
            Kind::Consumer => "CON",
        }
    }
}

/// The service of a row, harmless to print.
pub(crate) fn service(row: &Row<'_>) -> String {
    span(row).map_or_else(String::new, |span| printable(&span.service))
}

/// What is to be said of how the row's span ended, harmless to print.
pub(crate) fn note(row: &Row<'_>) -> Option<String> {
    span(row)?.note().map(|note| printable(&note))
}

/// The span that stands for a row: its own, or the first of the folded.
pub(crate) fn span<'a>(row: &Row<'a>) -> Option<&'a Span> {
    match &row.content {
        Content::Span(span) => Some(span),
        Content::More(spans) => spans.first().copied(),
        Content::Orphans => None,
    }
}

fn name_width(row: &Row<'_>) -> usize {
    match &row.content {
        Content::Span(span) => text::width(&printable(&span.name)),
        // A fold uses the column of durations too, so it needs no width of its own.
        Content::More(_) => 0,
        Content::Orphans => "(orphan)".len(),
    }
}

fn time_width(span: &Span) -> usize {
    text::width(&duration::human(span.duration()))
}

fn widest(rows: &[Row<'_>], measure: impl Fn(&Row<'_>) -> usize) -> usize {
    rows.iter().map(measure).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::rows::rows;
    use super::*;
    use crate::fixture::{client, failed, internal, span as any};
    use crate::tree::Tree;

    fn total(columns: Columns) -> usize {
        let gaps = columns.gap * if columns.note > 0 { 5 } else { 4 };
        let text = columns.service + columns.kind + columns.name + columns.time;
        text + columns.bar + columns.note + gaps
    }

    #[test]
    fn columns_fill_the_width_exactly_whatever_they_hold() {
        let long = "x".repeat(300);
        let spans = vec![
            any(1, 0, &long, Kind::Producer, &long, (0, 9_000_000_000)),
            failed(client(2, 1, &long, (1, 2)), &long),
            internal(3, 2, "short", (1, 1)),
        ];
        let tree = Tree::new(spans);
        for width in 60..400 {
            let columns = Columns::fit(width, &rows(&tree));
            assert_eq!(total(columns), width, "{columns:?}");
            assert!(
                columns.bar >= 6 && columns.name >= LEAST_NAME,
                "{columns:?}"
            );
        }
    }

    #[test]
    fn less_than_the_narrowest_is_drawn_at_the_narrowest() {
        let tree = Tree::new(vec![internal(1, 0, "root", (0, 9))]);
        assert_eq!(total(Columns::fit(3, &rows(&tree))), NARROWEST);
    }

    #[test]
    fn kinds_are_abbreviated_only_where_room_is_short() {
        let tree = Tree::new(vec![internal(1, 0, "root", (0, 9))]);
        let kind = |width| Columns::fit(width, &rows(&tree)).kind_text(Kind::Internal);
        assert_eq!(kind(80), "INTERNAL");
        assert_eq!(kind(79), "INT");
    }
}
