//! A progress bar on standard error, if that is a terminal; else nothing.

use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

/// The message takes what is left of the line and is truncated to it, so that no line wraps.
const WITH_SIZE: &str = "{bar:20} {percent:>3}%  {wide_msg}";
const WITHOUT_SIZE: &str = "{spinner} {wide_msg}";

/// How often the bar is drawn while no response arrives.
const TICK: Duration = Duration::from_millis(200);

/// How far an import is. The bar is removed when this is dropped.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for an input of `size` bytes, if that is known.
    pub fn start(size: Option<u64>) -> Self {
        let (bar, template) = match size {
            Some(size) => (ProgressBar::new(size), WITH_SIZE),
            None => (ProgressBar::new_spinner(), WITHOUT_SIZE),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    /// `position` bytes of the input are done; `stored` rows are stored, and others rejected.
    pub fn show(&self, position: u64, stored: u64, rejected: u64) {
        let rate = rows_per_second(stored, self.0.elapsed().as_secs_f64());
        self.0.set_position(position);
        let left = self.0.length().map(|_| self.0.eta());
        self.0.set_message(message(stored, rejected, rate, left));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// The most important counts first: a narrow terminal truncates the others.
fn message(stored: u64, rejected: u64, rate: u64, left: Option<Duration>) -> String {
    let (stored, rejected, rate) = (HumanCount(stored), HumanCount(rejected), HumanCount(rate));
    let counts = format!("{stored} stored, {rejected} rejected, {rate} rows/s");
    match left {
        Some(left) => format!("{counts}, {} s left", left.as_secs()),
        None => counts,
    }
}

/// The rate of `rows` in `seconds`, or 0 if there was no time.
pub fn rows_per_second(rows: u64, seconds: f64) -> u64 {
    match seconds > 0.0 {
        true => (rows as f64 / seconds).round() as u64,
        false => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_counts_stored_rows_first() {
        let left = Some(Duration::from_millis(3_900));
        let expected = "35,000 stored, 12 rejected, 36,525 rows/s, 3 s left";
        assert_eq!(message(35_000, 12, 36_525, left), expected);
        assert_eq!(message(1, 0, 2, None), "1 stored, 0 rejected, 2 rows/s");
    }
}
