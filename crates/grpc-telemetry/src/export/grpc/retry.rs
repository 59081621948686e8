//! When an export is tried again, by the specification of OTLP.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use grpc_common::Backoff;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Retries that a short trouble of an endpoint needs, and those of a program that stops.
pub(super) const FEW: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Pauses are up to a quarter longer, so that many senders don't come back at once: for a
/// program that stops, that is less than a second in all.
const JITTER: (f64, f64) = (1.0, 1.25);
/// What an endpoint may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(30);

/// The attempts of one export, which goes on for as long as the endpoint may come back.
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

    /// How long to wait after `status` before the next try, if there is to be one, of at `most`
    /// so many: no shorter than the endpoint asks for.
    pub(super) fn pause_after(&mut self, status: &Status, most: u32) -> Option<Duration> {
        let asked = asked(status)?;
        self.failed += 1;
        if self.failed > most {
            return None;
        }
        let pause = self.backoff.next(random());
        Some(pause.max(asked.min(LONGEST_ASKED)))
    }

    /// Whether this takes longer than a short trouble does.
    pub(super) fn is_late(&self) -> bool {
        self.failed > FEW
    }
}

/// A number from 0 to 1 that differs between processes and calls, without a crate for it.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish() as u32;
    f64::from(bits) / f64::from(u32::MAX)
}

/// The pause that the endpoint asks for, which may be 0; `None` if it takes this export never.
fn asked(status: &Status) -> Option<Duration> {
    let info = status.get_details_retry_info();
    let pause = info.and_then(|info| info.retry_delay);
    match status.code() {
        Code::ResourceExhausted => pause,
        Code::Unavailable
        | Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::DataLoss => Some(pause.unwrap_or_default()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn an_endpoint_that_is_away_is_tried_again_each_time_later() {
        let mut retries = Retries::new();
        let away = Status::unavailable("");
        let pauses = [100, 200, 400, 800, 1600, 3200, 5000, 5000];
        for least in pauses.map(Duration::from_millis) {
            let pause = retries.pause_after(&away, u32::MAX).unwrap_or_default();
            let most = least.mul_f64(JITTER.1);
            assert!((least..=most).contains(&pause), "{pause:?}");
        }
        assert_eq!(retries.pause_after(&away, FEW), None);
    }

    #[test]
    fn retries_have_a_limit() {
        let mut retries = Retries::new();
        let away = Status::unavailable("");
        for _ in 0..FEW {
            assert!(retries.pause_after(&away, FEW).is_some());
            assert!(!retries.is_late());
        }
        assert_eq!(retries.pause_after(&away, FEW), None);
        assert!(retries.is_late());
        assert_eq!(Retries::new().pause_after(&away, 0), None);
    }

    #[test]
    fn an_export_that_is_refused_is_not_tried_again() {
        for code in [Code::InvalidArgument, Code::Unauthenticated, Code::Internal] {
            let pause = Retries::new().pause_after(&Status::new(code, ""), FEW);
            assert_eq!(pause, None, "{code:?}");
        }
    }

    #[test]
    fn an_endpoint_that_has_enough_says_when_to_come_back_or_not_to() {
        let enough = Code::ResourceExhausted;
        let mut retries = Retries::new();
        assert_eq!(retries.pause_after(&Status::new(enough, ""), FEW), None);

        let pause = Duration::from_secs(2);
        let details = ErrorDetails::with_retry_info(Some(pause));
        let status = Status::with_error_details(enough, "", details);
        let asked = retries.pause_after(&status, FEW);
        assert!(asked.is_some_and(|it| it >= pause));
    }
}
