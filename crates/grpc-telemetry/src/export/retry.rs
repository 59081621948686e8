//! When an export is tried again, by the specification of OTLP.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use grpc_common::Backoff;

/// Retries that bridge a short outage of an endpoint, and those of a program that stops.
pub(super) const FEW: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Pauses are up to a quarter longer, so that many senders don't come back at once: for a
/// program that stops, that is less than a second in all.
const JITTER: (f64, f64) = (1.0, 1.25);
/// What an endpoint may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(30);

/// The attempts of one export, which continues for as long as the endpoint may come back.
#[derive(Debug)]
pub(super) struct Retries {
    failed: u32,
    backoff: Backoff,
}

impl Retries {
    pub(super) fn new() -> Self {
        let (least, most) = JITTER;
        Self {
            failed: 0,
            backoff: Backoff::new(FIRST_PAUSE, 2, LONGEST_PAUSE).jitter(least, most),
        }
    }

    /// How long to wait before the next try, if there is to be one, of at `most` so many: no
    /// shorter than the endpoint has `asked` for, which is none if it never takes this export.
    pub(super) fn pause_after(&mut self, asked: Option<Duration>, most: u32) -> Option<Duration> {
        let asked = asked?;
        self.failed += 1;
        if self.failed > most {
            return None;
        }
        let pause = self.backoff.next(random());
        Some(pause.max(asked.min(LONGEST_ASKED)))
    }

    /// Whether this takes longer than a short outage.
    pub(super) fn is_late(&self) -> bool {
        self.failed > FEW
    }
}

/// A number from 0 to 1 that differs between processes and calls, without a crate for it.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish() as u32;
    f64::from(bits) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AWAY: Option<Duration> = Some(Duration::ZERO);

    #[test]
    fn an_endpoint_that_is_away_is_tried_again_each_time_later() {
        let mut retries = Retries::new();
        let pauses = [100, 200, 400, 800, 1600, 3200, 5000, 5000];
        for least in pauses.map(Duration::from_millis) {
            let pause = retries.pause_after(AWAY, u32::MAX).unwrap_or_default();
            let most = least.mul_f64(JITTER.1);
            assert!((least..=most).contains(&pause), "{pause:?}");
        }
        assert_eq!(retries.pause_after(AWAY, FEW), None);
    }

    #[test]
    fn retries_have_a_limit() {
        let mut retries = Retries::new();
        for _ in 0..FEW {
            assert!(retries.pause_after(AWAY, FEW).is_some());
            assert!(!retries.is_late());
        }
        assert_eq!(retries.pause_after(AWAY, FEW), None);
        assert!(retries.is_late());
        assert_eq!(Retries::new().pause_after(AWAY, 0), None);
    }

    #[test]
    fn an_export_that_is_refused_is_not_tried_again() {
        assert_eq!(Retries::new().pause_after(None, FEW), None);
    }

    #[test]
    fn a_pause_is_no_shorter_than_asked_and_never_longer_than_half_a_minute() {
        for (asked, least) in [(2, 2), (3_600, 30)] {
            let (asked, least) = (Duration::from_secs(asked), Duration::from_secs(least));
            let pause = Retries::new().pause_after(Some(asked), FEW);
            assert_eq!(pause, Some(least));
        }
    }
}
