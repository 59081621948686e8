//! One bar over the grid of the axis.

use console::Style;

use super::scale::Scale;
use crate::paint::{self, Paint};

/// How a bar is drawn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stroke {
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

/// A bar over the half cells `from` to `to` of the axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bar {
    /// The first half cell.
    pub(crate) from: usize,
    /// The half cell after the last.
    pub(crate) to: usize,
    /// How it is drawn.
    pub(crate) stroke: Stroke,
}

impl Bar {
    /// The cells of the axis with this bar over them.
    pub(crate) fn draw(self, scale: &Scale, style: &Style, paint: Paint) -> String {
        let ticks: Vec<usize> = scale.ticks().iter().map(|tick| tick.cell).collect();
        let grid = |cells: std::ops::Range<usize>| -> String {
            cells
                .map(|cell| if ticks.contains(&cell) { '┊' } else { ' ' })
                .collect()
        };
        let first = self.from / 2;
        let end = self.to.div_ceil(2);
        let drawn: String = (first..end).map(|cell| self.glyph(cell)).collect();
        format!(
            "{}{}{}",
            paint.text(&paint::DIM, &grid(0..first)),
            paint.text(style, &drawn),
            paint.text(&paint::DIM, &grid(end..scale.cells)),
        )
    }

    fn glyph(self, cell: usize) -> char {
        let (whole, left, right) = self.stroke.glyphs();
        let has_left = self.from <= cell * 2;
        let has_right = self.to >= cell * 2 + 2;
        match (has_left, has_right) {
            (true, true) => whole,
            (true, false) => left,
            _ => right,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(from: usize, to: usize) -> String {
        let scale = Scale::new(0, 12, 20);
        let stroke = Stroke::Heavy;
        Bar { from, to, stroke }.draw(&scale, &Style::new(), Paint(false))
    }

    #[test]
    fn half_cells_have_their_own_characters() {
        assert_eq!(drawn(0, 40), "━━━━━━━━━━━━━━━━━━━━");
        assert_eq!(drawn(1, 3), "╺╸      ┊       ┊   ");
        assert_eq!(drawn(4, 5), "┊ ╸     ┊       ┊   ");
        assert_eq!(drawn(39, 40), "┊       ┊       ┊  ╺");
    }
}
