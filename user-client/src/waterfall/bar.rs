//! One bar over the grid of the axis.

use super::scale::Scale;
use crate::output::paint::{Hue, Paint};

/// How a bar is drawn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stroke {
    /// One span.
    Heavy,
    /// The time over which folded spans are spread.
    Light,
}

impl Stroke {
    /// The characters of a whole cell, a left half and a right half.
    fn glyphs(self) -> (char, char, char) {
        match self {
            Self::Heavy => ('━', '╸', '╺'),
            Self::Light => ('─', '╴', '╶'),
        }
    }
}

/// The cells of the axis with a bar over the half cells `from` to `to`.
pub fn bar(
    scale: &Scale,
    (from, to): (usize, usize),
    stroke: Stroke,
    hue: Hue,
    paint: Paint,
) -> String {
    let ticks: Vec<usize> = scale.ticks().iter().map(|tick| tick.cell).collect();
    let grid = |cells: std::ops::Range<usize>| -> String {
        cells
            .map(|cell| if ticks.contains(&cell) { '┊' } else { ' ' })
            .collect()
    };
    let first = from / 2;
    let end = to.div_ceil(2);
    let drawn: String = (first..end)
        .map(|cell| glyph(cell, from, to, stroke))
        .collect();
    format!(
        "{}{}{}",
        paint.text(Hue::Dim, &grid(0..first)),
        paint.text(hue, &drawn),
        paint.text(Hue::Dim, &grid(end..scale.cells)),
    )
}

fn glyph(cell: usize, from: usize, to: usize, stroke: Stroke) -> char {
    let (whole, left, right) = stroke.glyphs();
    let has_left = from <= cell * 2;
    let has_right = to >= cell * 2 + 2;
    match (has_left, has_right) {
        (true, true) => whole,
        (true, false) => left,
        _ => right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(from: usize, to: usize) -> String {
        let scale = Scale::new(0, 12, 20);
        bar(&scale, (from, to), Stroke::Heavy, Hue::Cyan, Paint(false))
    }

    #[test]
    fn half_cells_have_their_own_characters() {
        assert_eq!(drawn(0, 40), "━━━━━━━━━━━━━━━━━━━━");
        assert_eq!(drawn(1, 3), "╺╸      ┊       ┊   ");
        assert_eq!(drawn(4, 5), "┊ ╸     ┊       ┊   ");
        assert_eq!(drawn(39, 40), "┊       ┊       ┊  ╺");
    }
}
