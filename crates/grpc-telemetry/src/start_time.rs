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

    /// When it was, by the clock that nobody sets.
    pub(crate) fn instant(&self) -> Instant {
        self.instant
    }

    /// How long ago it was.
    pub(crate) fn elapsed(&self) -> Duration {
        self.instant.elapsed()
    }

    /// What the wall's clock would say now had nobody set it.
    pub(crate) fn end(&self) -> SystemTime {
        self.after(self.elapsed())
    }

    /// What it would say `took` after the beginning.
    pub(crate) fn after(&self, took: Duration) -> SystemTime {
        self.time + took
    }
}
