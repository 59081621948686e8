//! Calls at a steady rate, and what came of them.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use tokio::task::{JoinError, JoinSet};
use tokio::time::MissedTickBehavior;

/// What came of some calls.
#[derive(Debug, Default)]
pub struct Tally {
    /// How long those that succeeded took, each.
    pub succeeded: Vec<Duration>,
    /// The others, by what they said.
    pub failed: BTreeMap<String, usize>,
}

impl Tally {
    /// Adds a call that took `time`.
    pub fn add(&mut self, result: Result<(), String>, time: Duration) {
        match result {
            Ok(()) => self.succeeded.push(time),
            Err(why) => *self.failed.entry(why).or_default() += 1,
        }
    }

    /// Adds one that was a task.
    fn note(&mut self, done: Result<(Result<(), String>, Duration), JoinError>) {
        let (result, time) = done.expect("a call does not panic");
        self.add(result, time);
    }

    /// Adds the calls of another.
    pub fn absorb(&mut self, other: Self) {
        self.succeeded.extend(other.succeeded);
        for (why, count) in other.failed {
            *self.failed.entry(why).or_default() += count;
        }
    }

    /// All of them.
    pub fn calls(&self) -> usize {
        self.succeeded.len() + self.failures()
    }

    /// Those that failed.
    pub fn failures(&self) -> usize {
        self.failed.values().sum()
    }

    /// The percentile of the latency.
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut times = self.succeeded.clone();
        times.sort_unstable();
        let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(index).copied().unwrap_or_default()
    }

    /// Ends the test if any failed.
    pub fn assert_none_failed(&self) {
        assert!(self.failed.is_empty(), "{self}");
        assert!(!self.succeeded.is_empty(), "no call was made");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (calls, failures) = (self.calls(), self.failures());
        write!(formatter, "{failures} of {calls} calls failed")?;
        match self.failed.is_empty() {
            true => Ok(()),
            false => write!(formatter, ": {:?}", self.failed),
        }
    }
}

/// Starts `rate` calls a second for `time`, whatever becomes of them, and waits
/// for all. Each gets its number.
///
/// # Panics
/// If a call does.
pub async fn steady<F>(rate: u32, time: Duration, call: impl Fn(usize) -> F) -> Tally
where
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut calls = JoinSet::new();
    let mut tally = Tally::default();
    let started = Instant::now();
    for number in 0.. {
        ticks.tick().await;
        if started.elapsed() >= time {
            break;
        }
        // As they end: a call that is not joined keeps its memory.
        while let Some(done) = calls.try_join_next() {
            tally.note(done);
        }
        let call = call(number);
        calls.spawn(async move {
            let started = Instant::now();
            let result = call.await;
            (result, started.elapsed())
        });
    }
    while let Some(done) = calls.join_next().await {
        tally.note(done);
    }
    tally
}
