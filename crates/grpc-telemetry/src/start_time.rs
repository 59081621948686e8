//! When something began.

use std::time::{Duration, Instant, SystemTime};

/// A beginning by both clocks: the wall's says when, and as it may be set
/// meanwhile, the other says how long ago.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StartTime {
    time: SystemTime,
    instant: Instant,
}

impl StartTime {
    pub(crate) fn now() -> Self {
        Self {
            time: SystemTime::now(),
            instant: Instant::now(),
        }
    }

    /// When it was.
    pub(crate) fn time(&self) -> SystemTime {
        self.time
    }

    /// When it was, by the monotonic clock.
    pub(crate) fn instant(&self) -> Instant {
        self.instant
    }

    /// How long ago it was.
    pub(crate) fn elapsed(&self) -> Duration {
        self.instant.elapsed()
    }

    /// The time of day by the monotonic clock since the start.
    pub(crate) fn end(&self) -> SystemTime {
        self.after(self.elapsed())
    }

    /// What it would say `took` after the beginning.
    pub(crate) fn after(&self, took: Duration) -> SystemTime {
        self.time + took
    }
}
