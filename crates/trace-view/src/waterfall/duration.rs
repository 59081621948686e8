//! Durations with a unit that a reader can take in: three digits, µs to hours.

const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// `nanos` with a sensible unit: `843 µs`, `1.20 ms`, `2.50 s`, `1m 04s`.
pub(crate) fn human(nanos: u64) -> String {
    let (number, unit) = parts(nanos);
    match unit {
        "" => number,
        unit => format!("{number} {unit}"),
    }
}

/// `from` to `to`, naming the unit once where it is the same: `1.20–3.41 ms`.
pub(crate) fn range(from: u64, to: u64) -> String {
    let (low, low_unit) = parts(from);
    let (high, high_unit) = parts(to);
    if low == high && low_unit == high_unit {
        return human(to);
    }
    if low_unit == high_unit && !low_unit.is_empty() {
        return format!("{low}–{high} {high_unit}");
    }
    format!("{}–{}", human(from), human(to))
}

fn parts(nanos: u64) -> (String, &'static str) {
    if nanos == 0 {
        return ("0".to_owned(), "ns");
    }
    for (unit, name) in [(1, "ns"), (MICRO, "µs"), (MILLI, "ms")] {
        // What would be rounded to 1000 belongs to the next unit.
        if nanos < unit * 1_000 - unit / 2 {
            return (three_digits(nanos, unit), name);
        }
    }
    // The last of the seconds are rounded to minutes for the same reason.
    if nanos < MINUTE - SECOND / 20 {
        return (three_digits(nanos, SECOND), "s");
    }
    let seconds = nanos.saturating_add(SECOND / 2) / SECOND;
    if nanos < HOUR - SECOND / 2 {
        return (format!("{}m {:02}s", seconds / 60, seconds % 60), "");
    }
    let minutes = nanos.saturating_add(MINUTE / 2) / MINUTE;
    (format!("{}h {:02}m", minutes / 60, minutes % 60), "")
}

fn three_digits(nanos: u64, unit: u64) -> String {
    if unit == 1 {
        return nanos.to_string();
    }
    let value = nanos as f64 / unit as f64;
    if value < 9.995 {
        format!("{value:.2}")
    } else if value < 99.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_magnitude_has_its_unit() {
        let table = [
            (0, "0 ns"),
            (7, "7 ns"),
            (843_000, "843 µs"),
            (1_200, "1.20 µs"),
            (1_203_000, "1.20 ms"),
            (12_340_000, "12.3 ms"),
            (123_400_000, "123 ms"),
            (2_500_000_000, "2.50 s"),
            (64_000_000_000, "1m 04s"),
            (3_600_000_000_000, "1h 00m"),
        ];
        for (nanos, expected) in table {
            assert_eq!(human(nanos), expected, "{nanos} ns");
        }
    }

    #[test]
    fn rounding_never_shows_a_thousand_of_a_unit() {
        assert_eq!(human(999), "999 ns");
        assert_eq!(human(999_499), "999 µs");
        assert_eq!(human(999_500), "1.00 ms");
        assert_eq!(human(9_996_000), "10.0 ms");
        assert_eq!(human(99_960_000), "100 ms");
        assert_eq!(human(999_600_000), "1.00 s");
        assert_eq!(human(59_960_000_000), "1m 00s");
        assert_eq!(human(3_599_700_000_000), "1h 00m");
    }

    #[test]
    fn the_longest_duration_is_still_text() {
        assert_eq!(human(u64::MAX), "5124095h 34m");
    }

    #[test]
    fn a_range_names_a_common_unit_once() {
        assert_eq!(range(1_200_000, 3_410_000), "1.20–3.41 ms");
        assert_eq!(range(843_000, 1_200_000), "843 µs–1.20 ms");
        assert_eq!(range(1_200_000, 1_200_001), "1.20 ms");
        assert_eq!(range(61_000_000_000, 62_000_000_000), "1m 01s–1m 02s");
    }
}
