//! The text of a row that stands for many alike spans.

use grpc_common::printable;

use super::columns::Columns;
use super::duration;
use super::name;
use super::prefix;
use super::rows::Row;
use crate::paint::{self, Paint};
use crate::span::Span;
use crate::text;

/// The text of a folded row: the number and name of its `spans`, and their shortest and longest
/// duration, across the columns of the name and of the time.
pub(crate) fn fold(row: &Row<'_>, spans: &[&Span], columns: &Columns, paint: Paint) -> String {
    let range = format!(" {}", times(spans));
    let room = columns.name + columns.gap + columns.time;
    let left = room.saturating_sub(text::width(&range));
    let prefix = prefix::fit(&row.prefix, left);
    let cells = left.saturating_sub(text::width(&prefix));
    let what = text::pad(&what(spans, cells), cells);
    format!("{}{what}{range}", paint.text(&paint::DIM, &prefix))
}

fn times(spans: &[&Span]) -> String {
    let durations = || spans.iter().map(|span| span.duration());
    let shortest = durations().min().unwrap_or(0);
    let longest = durations().max().unwrap_or(0);
    duration::range(shortest, longest)
}

/// `… 97 more …/GetUser` in at most `cells` cells.
fn what(spans: &[&Span], cells: usize) -> String {
    let start = format!("… {} more ", spans.len());
    let name = spans.first().map(|span| printable(&span.name));
    let name = name.unwrap_or_default();
    let name = name::fit(&name, cells.saturating_sub(text::width(&start)));
    text::cut(&format!("{start}{name}"), cells)
}
