//! A bound for the lines that one place in the code writes: what a peer can cause at will
//! must not fill a disk, nor take the room of what else there is to say.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::{Level, Metadata};

/// Lines that one place may write in a second.
const LINES: u32 = 100;
const SECOND: Duration = Duration::from_secs(1);

/// The places that have written lines. DEBUG and TRACE are not bounded: who switches them on
/// wants them all.
#[derive(Debug, Default)]
pub(super) struct Repeats(Mutex<HashMap<Identifier, CallSite>>);

/// What is left of the lines of one place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) place: &'static Metadata<'static>,
    pub(super) lines: u64,
}

#[derive(Debug)]
struct CallSite {
    metadata: &'static Metadata<'static>,
    /// When the second began in which it has written `lines`.
    since: Instant,
    lines: u32,
    /// Lines left out, from this time on.
    left_out: u64,
    left_out_since: Instant,
}

impl Repeats {
    /// Whether one more line of the place `metadata` may be written `now`.
    pub(super) fn admit(&self, metadata: &'static Metadata<'static>, now: Instant) -> bool {
        if *metadata.level() > Level::INFO {
            return true;
        }
        let mut places = self.lock();
        let place = places
            .entry(metadata.callsite())
            .or_insert_with(|| CallSite::new(metadata, now));
        place.admit(now)
    }

    /// What was left out and not taken for at least `age`, and whether there is more.
    pub(super) fn take(&self, now: Instant, age: Duration) -> (Vec<LeftOut>, bool) {
        let mut places = self.lock();
        let due = places.values_mut().filter(|place| {
            place.left_out > 0 && now.saturating_duration_since(place.left_out_since) >= age
        });
        let taken = due.map(CallSite::take).collect();
        (taken, places.values().any(|place| place.left_out > 0))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Identifier, CallSite>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallSite {
    fn new(metadata: &'static Metadata<'static>, now: Instant) -> Self {
        Self {
            metadata,
            since: now,
            lines: 0,
            left_out: 0,
            left_out_since: now,
        }
    }

    fn admit(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.since) >= SECOND {
            self.since = now;
            self.lines = 0;
        }
        if self.lines < LINES {
            self.lines += 1;
            return true;
        }
        if self.left_out == 0 {
            self.left_out_since = now;
        }
        self.left_out += 1;
        false
    }

    fn take(&mut self) -> LeftOut {
        LeftOut {
            place: self.metadata,
            lines: std::mem::take(&mut self.left_out),
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing::callsite::Callsite;
    use tracing::field::FieldSet;
    use tracing::metadata::Kind;
    use tracing::subscriber::Interest;

    use super::*;

    struct Here(u8);

    impl Callsite for Here {
        fn set_interest(&self, _: Interest) {}

        fn metadata(&self) -> &Metadata<'_> {
            match self.0 {
                0 => &WARNING,
                _ => &DETAIL,
            }
        }
    }

    static OF_WARNING: Here = Here(0);
    static OF_DETAIL: Here = Here(1);
    static WARNING: Metadata<'static> = metadata(&OF_WARNING, Level::WARN);
    static DETAIL: Metadata<'static> = metadata(&OF_DETAIL, Level::DEBUG);

    const fn metadata(callsite: &'static Here, level: Level) -> Metadata<'static> {
        let fields = FieldSet::new(&[], Identifier(callsite));
        Metadata::new("event", "h2", level, None, None, None, fields, Kind::EVENT)
    }

    /// How many of `count` lines of `place` are written `now`.
    fn written(repeats: &Repeats, place: &'static Metadata<'static>, now: Instant) -> usize {
        (0..1000).filter(|_| repeats.admit(place, now)).count()
    }

    #[test]
    fn lines_of_one_place_are_bounded_each_second() {
        let repeats = Repeats::default();
        let start = Instant::now();
        assert_eq!(written(&repeats, &WARNING, start), 100);
        assert_eq!(written(&repeats, &WARNING, start + SECOND / 2), 0);
        assert_eq!(written(&repeats, &WARNING, start + SECOND), 100);
    }

    #[test]
    fn debug_lines_are_not_bounded() {
        assert_eq!(written(&Repeats::default(), &DETAIL, Instant::now()), 1000);
    }

    #[test]
    fn lines_left_out_are_summed_up_once() {
        let repeats = Repeats::default();
        let start = Instant::now();
        written(&repeats, &WARNING, start);
        assert_eq!(repeats.take(start, SECOND), (Vec::new(), true));
        let left_out = LeftOut {
            place: &WARNING,
            lines: 900,
        };
        let later = start + SECOND;
        assert_eq!(repeats.take(later, SECOND), (vec![left_out], false));
        assert_eq!(repeats.take(later, SECOND), (Vec::new(), false));
    }
}
