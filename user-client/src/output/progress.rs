//! A progress bar on standard error, if that is a terminal; else nothing.

use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

const WITH_SIZE: &str = "{bar:30} {percent}%  {msg}  {eta} left";
const WITHOUT_SIZE: &str = "{spinner} {msg}";

/// How often the bar is drawn anew while nothing comes.
const TICK: Duration = Duration::from_millis(200);

/// How far an import is.
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

    /// `position` bytes of the input are done, with so many rows, of which some failed.
    pub fn show(&self, position: u64, rows: u64, failed: u64) {
        let rate = rows_per_second(rows, self.0.elapsed().as_secs_f64());
        self.0.set_message(format!(
            "{} rows, {} failed, {} rows/s",
            HumanCount(rows),
            HumanCount(failed),
            HumanCount(rate)
        ));
        self.0.set_position(position);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// The rate of `rows` in `seconds`, or 0 if there was no time.
pub fn rows_per_second(rows: u64, seconds: f64) -> u64 {
    match seconds > 0.0 {
        true => (rows as f64 / seconds).round() as u64,
        false => 0,
    }
}
