//! Time to cells: where a bar begins and ends, and the ticks of the axis.

use crate::text;

/// The time axis: `total` nanoseconds from `start` on, over `cells` cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// The first instant.
    pub(crate) start: u64,
    /// The whole time, at least 1.
    pub(crate) total: u64,
    /// The cells it is spread over.
    pub(crate) cells: usize,
}

/// A mark on the axis.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Tick {
    /// The cell it stands in.
    pub(crate) cell: usize,
    /// What it says.
    pub(crate) label: String,
}

impl Scale {
    /// The axis from `start` to `end`.
    pub(crate) fn new(start: u64, end: u64, cells: usize) -> Self {
        Self {
            start,
            total: end.saturating_sub(start).max(1),
            cells,
        }
    }

    /// The half cells from which to which a bar goes: at least one, all within the axis.
    pub(crate) fn halves(&self, start: u64, end: u64) -> (usize, usize) {
        let most = self.cells * 2;
        let from = self.half(start).min(most.saturating_sub(1));
        let to = self.half(end).clamp(from + 1, most.max(1));
        (from, to)
    }

    fn half(&self, time: u64) -> usize {
        let passed = u128::from(time.saturating_sub(self.start).min(self.total));
        let total = u128::from(self.total);
        let halves = (passed * self.cells as u128 * 2 + total / 2) / total;
        usize::try_from(halves).unwrap_or(usize::MAX)
    }

    /// Ticks at round times, wide enough apart for their labels.
    pub(crate) fn ticks(&self) -> Vec<Tick> {
        let step = self.step();
        let count = self.total / step;
        (0..=count)
            .map(|number| number * step)
            .map(|time| Tick {
                cell: self.half(self.start.saturating_add(time)) / 2,
                label: label(time),
            })
            .filter(|tick| tick.cell < self.cells)
            .collect()
    }

    /// The smallest of 1, 2, 5, 10, 20, 50 … ns that leaves room for labels.
    fn step(&self) -> u64 {
        let mut decade: u64 = 1;
        loop {
            for step in [decade, decade.saturating_mul(2), decade.saturating_mul(5)] {
                if step >= self.total || self.has_room(step) {
                    return step;
                }
            }
            decade = decade.saturating_mul(10);
        }
    }

    /// Whether labels every `step` nanoseconds don't touch each other.
    fn has_room(&self, step: u64) -> bool {
        let apart = u128::from(step) * self.cells as u128 / u128::from(self.total);
        // No label is narrower than this; it also bounds the number of labels looked at.
        if apart < 4 {
            return false;
        }
        let labels = (1..=self.total / step).map(|number| label(number * step));
        let widest = labels.map(|label| text::width(&label)).max().unwrap_or(0);
        apart > widest as u128
    }
}

/// A round time without needless digits: `0`, `500 µs`, `1.5 s`.
fn label(nanos: u64) -> String {
    let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs")];
    if nanos == 0 {
        return "0".to_owned();
    }
    for (unit, name) in units {
        if nanos >= unit {
            return format!("{} {name}", nanos as f64 / unit as f64);
        }
    }
    format!("{nanos} ns")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn labels(total: u64, cells: usize) -> Vec<(usize, String)> {
        let ticks = Scale::new(0, total, cells).ticks();
        ticks
            .into_iter()
            .map(|tick| (tick.cell, tick.label))
            .collect()
    }

    fn expected(ticks: &[(usize, &str)]) -> Vec<(usize, String)> {
        ticks
            .iter()
            .map(|(cell, label)| (*cell, (*label).to_owned()))
            .collect()
    }

    #[test]
    fn bars_are_to_scale_in_half_cells() {
        let scale = Scale::new(100, 200, 10);
        assert_eq!(scale.halves(100, 200), (0, 20));
        assert_eq!(scale.halves(150, 175), (10, 15));
    }

    #[test]
    fn the_shortest_bar_is_visible_and_inside() {
        let scale = Scale::new(0, 1_000, 10);
        assert_eq!(scale.halves(500, 500), (10, 11));
        assert_eq!(scale.halves(1_000, 1_000), (19, 20));
    }

    #[test]
    fn times_outside_the_axis_are_drawn_at_its_edge() {
        let scale = Scale::new(100, 200, 10);
        assert_eq!(scale.halves(0, 50), (0, 1));
        assert_eq!(scale.halves(300, 400), (19, 20));
    }

    #[test]
    fn ticks_are_at_round_times() {
        assert_eq!(
            labels(12 * MS, 23),
            expected(&[(0, "0"), (9, "5 ms"), (19, "10 ms")])
        );
        assert_eq!(
            labels(2_300 * MS, 50),
            expected(&[
                (0, "0"),
                (11, "500 ms"),
                (21, "1 s"),
                (32, "1.5 s"),
                (43, "2 s")
            ])
        );
    }

    #[test]
    fn extreme_totals_have_an_axis_too() {
        assert_eq!(labels(0, 20), expected(&[(0, "0")]));
        assert_eq!(labels(u64::MAX, 10)[0], (0, "0".to_owned()));
        assert!(labels(5, 0).is_empty());
    }
}
