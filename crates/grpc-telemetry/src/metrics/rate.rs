//! How many calls start in a second, over the last ten: the number by which the
//! service is scaled.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

/// Seconds that the rate looks back.
const WINDOW: u64 = 10;
/// One more than the window: the second that is not over isn't looked at.
const SLOTS: usize = WINDOW as usize + 1;

/// Calls started in each of the last seconds.
#[derive(Debug)]
struct Rate {
    origin: Instant,
    slots: [Slot; SLOTS],
}

#[derive(Debug, Default)]
struct Slot {
    second: AtomicU64,
    calls: AtomicU64,
}

static RATE: LazyLock<Rate> = LazyLock::new(|| Rate {
    origin: Instant::now(),
    slots: Default::default(),
});

/// A call starts.
pub(super) fn count(now: Instant) {
    RATE.count(now.saturating_duration_since(RATE.origin).as_secs());
}

/// Calls per second.
pub(super) fn per_second() -> f64 {
    RATE.per_second(RATE.origin.elapsed().as_secs())
}

impl Rate {
    fn count(&self, second: u64) {
        let slot = &self.slots[second as usize % SLOTS];
        // Some calls may start a second at once and be lost: it is a gauge.
        if slot.second.load(Relaxed) != second {
            slot.second.store(second, Relaxed);
            slot.calls.store(0, Relaxed);
        }
        slot.calls.fetch_add(1, Relaxed);
    }

    fn per_second(&self, second: u64) -> f64 {
        let is_over = |slot: &&Slot| {
            let of = slot.second.load(Relaxed);
            of < second && of + WINDOW >= second
        };
        let calls = self.slots.iter().filter(is_over);
        let calls: u64 = calls.map(|slot| slot.calls.load(Relaxed)).sum();
        calls as f64 / WINDOW as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_that_of_the_last_ten_seconds_that_are_over() {
        let rate = Rate {
            origin: Instant::now(),
            slots: Default::default(),
        };
        for second in 0..30 {
            for _ in 0..second {
                rate.count(second);
            }
        }

        // 20 + 21 + … + 29 calls in ten seconds.
        assert_eq!(rate.per_second(30), 24.5);
        // Nothing came in the five seconds after that.
        assert_eq!(rate.per_second(35), 13.5);
        assert_eq!(rate.per_second(100), 0.0);
    }
}
