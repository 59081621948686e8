//! When the calls of a load begin.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How long the pacer sleeps at most, so that it ends soon after its load was dropped.
const LONGEST_SLEEP: Duration = Duration::from_millis(10);

/// When each call begins. Clones share it.
#[derive(Clone, Debug)]
pub(super) enum Pace {
    /// As soon as a response has arrived, until this time.
    Closed(Instant),
    /// At a fixed rate, however late responses are.
    Fixed(Arc<Schedule>),
}

/// The calls of a fixed rate.
#[derive(Debug)]
pub(super) struct Schedule {
    start: Instant,
    gap: Duration,
    calls: u64,
    next: AtomicU64,
    /// Has a permit for each call that is due.
    due: Semaphore,
}

impl Pace {
    /// Calls for `duration` from now on, `rate` of them a second or, without one, as many as the
    /// service responds to. Runs inside tokio.
    pub(super) fn start(rate: Option<u32>, duration: Duration) -> Self {
        let start = Instant::now();
        let Some(rate) = rate else {
            return Self::Closed(start + duration);
        };
        let schedule = Arc::new(Schedule {
            start,
            gap: Duration::from_secs(1) / rate,
            calls: (duration.as_secs_f64() * f64::from(rate)).ceil() as u64,
            next: AtomicU64::new(0),
            due: Semaphore::new(0),
        });
        let pacer = Arc::downgrade(&schedule);
        // A thread of its own, because timers of tokio have a resolution of a millisecond.
        tokio::task::spawn_blocking(move || {
            let mut released = 0;
            while let Some(schedule) = pacer.upgrade() {
                let Some(sleep) = schedule.release(&mut released) else {
                    return;
                };
                drop(schedule);
                thread::sleep(sleep);
            }
        });
        Self::Fixed(schedule)
    }

    /// Waits until the next call is due, and returns when that was; `None` when the load is over.
    pub(super) async fn next(&self) -> Option<Instant> {
        match self {
            Self::Closed(end) => Some(Instant::now()).filter(|now| now < end),
            Self::Fixed(schedule) => schedule.next().await,
        }
    }
}

impl Schedule {
    async fn next(&self) -> Option<Instant> {
        let number = self.next.fetch_add(1, Relaxed);
        if number >= self.calls {
            return None;
        }
        self.due.acquire().await.ok()?.forget();
        Some(self.start + self.gap.mul_f64(number as f64))
    }

    /// Lets all calls begin that are due, after the `released` ones, and returns how long to sleep;
    /// `None` after the last.
    fn release(&self, released: &mut u64) -> Option<Duration> {
        let elapsed = self.start.elapsed();
        let due = (elapsed.as_secs_f64() / self.gap.as_secs_f64()) as u64 + 1;
        let due = due.min(self.calls);
        let new = due.saturating_sub(*released);
        self.due
            .add_permits(usize::try_from(new).unwrap_or(usize::MAX));
        *released = due;
        if due == self.calls {
            return None;
        }
        let next = self.gap.mul_f64(due as f64);
        Some(next.saturating_sub(elapsed).min(LONGEST_SLEEP))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_fixed_rate_starts_each_call_when_it_is_due_and_ends() {
        let started = Instant::now();
        let pace = Pace::start(Some(2_000), Duration::from_millis(100));
        let mut calls = Vec::new();
        while let Some(due) = pace.next().await {
            assert!(Instant::now() >= due);
            calls.push(due - started);
        }
        assert_eq!(calls.len(), 200);
        assert!(started.elapsed() >= Duration::from_millis(99));
    }

    #[tokio::test]
    async fn a_closed_load_never_waits_and_ends_with_its_time() {
        let started = Instant::now();
        let pace = Pace::start(None, Duration::from_millis(20));
        while pace.next().await.is_some() {}
        assert!(started.elapsed() >= Duration::from_millis(20));
    }
}
