//! When an export is tried again, by the specification of OTLP.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use grpc_common::Backoff;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const MOST: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(1_600);
/// Pauses are up to a quarter longer, so that many senders don't come back at once: that is
/// less than a second for all three.
const JITTER: (f64, f64) = (1.0, 1.25);
/// What an endpoint may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(30);

/// How often an export may be tried again.
#[derive(Debug)]
pub(super) struct Retries {
    left: u32,
    backoff: Backoff,
}

impl Retries {
    /// None at all, unless they are `wanted`.
    pub(super) fn new(wanted: bool) -> Self {
        let (least, most) = JITTER;
        Self {
            left: if wanted { MOST } else { 0 },
            backoff: Backoff::new(FIRST_PAUSE, 2, LONGEST_PAUSE).jitter(least, most),
        }
    }

    /// How long to wait after `status` before the next try, if there is to be one: no shorter
    /// than the endpoint asks for.
    pub(super) fn pause_after(&mut self, status: &Status) -> Option<Duration> {
        let asked = asked(status)?;
        self.left = self.left.checked_sub(1)?;
        let pause = self.backoff.next(random());
        Some(pause.max(asked.min(LONGEST_ASKED)))
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
    fn an_endpoint_that_is_away_is_tried_again_three_times_each_time_later() {
        let mut retries = Retries::new(true);
        let away = Status::unavailable("");
        for least in [100, 200, 400].map(Duration::from_millis) {
            let pause = retries.pause_after(&away).unwrap_or_default();
            assert!(
                (least..=least.mul_f64(JITTER.1)).contains(&pause),
                "{pause:?}"
            );
        }
        assert_eq!(retries.pause_after(&away), None);
    }

    #[test]
    fn an_export_that_is_refused_is_not_tried_again() {
        for code in [Code::InvalidArgument, Code::Unauthenticated, Code::Internal] {
            let status = Status::new(code, "");
            assert_eq!(Retries::new(true).pause_after(&status), None, "{code:?}");
        }
        let away = Status::unavailable("");
        assert_eq!(Retries::new(false).pause_after(&away), None);
    }

    #[test]
    fn an_endpoint_that_has_enough_says_when_to_come_back_or_not_to() {
        let enough = Code::ResourceExhausted;
        let mut retries = Retries::new(true);
        assert_eq!(retries.pause_after(&Status::new(enough, "")), None);

        let pause = Duration::from_secs(2);
        let details = ErrorDetails::with_retry_info(Some(pause));
        let status = Status::with_error_details(enough, "", details);
        assert!(retries.pause_after(&status).is_some_and(|it| it >= pause));
    }
}
