//! Numbers.

use std::fmt;

/// A number that Rust has written, as OpenMetrics has it: infinity is `+Inf`.
#[derive(Debug)]
pub(super) struct Number(pub(super) String);

impl Number {
    pub(super) fn of(value: impl fmt::Display) -> Self {
        Self(value.to_string())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match &*self.0 {
            "inf" => "+Inf",
            "-inf" => "-Inf",
            number => number,
        })
    }
}
