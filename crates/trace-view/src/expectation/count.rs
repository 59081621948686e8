//! How often a span is expected.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

const FORMS: &str = "a number, or a range such as 1..3 or 2..";

/// A number, or a range that includes both its ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Count {
    /// At least so often.
    pub(crate) min: usize,
    /// At most so often.
    pub(crate) max: usize,
}

impl Default for Count {
    fn default() -> Self {
        Self { min: 1, max: 1 }
    }
}

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.trim().parse::<usize>().ok();
        let bounds = match text.split_once("..") {
            None => number(text).map(|exact| (exact, exact)),
            Some((min, "")) => number(min).map(|min| (min, usize::MAX)),
            Some((min, max)) => number(min).zip(number(max)),
        };
        match bounds {
            Some((min, max)) if min <= max => Ok(Self { min, max }),
            _ => Err(format!("count must be {FORMS}")),
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (min, max) if min == max => write!(formatter, "{min}"),
            (min, usize::MAX) => write!(formatter, "{min}.."),
            (min, max) => write!(formatter, "{min}..{max}"),
        }
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Form)
    }
}

struct Form;

impl Visitor<'_> for Form {
    type Value = Count;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(FORMS)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Count, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Count, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Count, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_a_number_or_a_range_and_is_shown_as_it_is_written() {
        for (text, min, max) in [
            ("0", 0, 0),
            ("3", 3, 3),
            ("1..3", 1, 3),
            ("2..", 2, usize::MAX),
        ] {
            let count: Count = text.parse().unwrap();
            assert_eq!(count, Count { min, max });
            assert_eq!(count.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_count_is_refused_with_what_to_write() {
        for text in ["", "-1", "many", "..", "..3", "3..1", "1...3", "1.5"] {
            let error = text.parse::<Count>().unwrap_err();
            assert!(error.contains("such as 1..3"), "{text}: {error}");
        }
    }
}
