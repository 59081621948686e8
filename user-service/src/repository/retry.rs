//! Whether a statement that failed is tried again, and when.

use std::time::Duration;

use grpc_common::Backoff;
use sqlx::Error;
use sqlx::postgres::PgDatabaseError;

/// How often a statement that lost against another is tried again.
const MAX_LOST: u32 = 3;
/// How often a statement whose connection broke is tried again: at once, and then
/// a little later each time, as connections that break together are not all
/// noticed together.
const MAX_BROKEN: u32 = 4;
/// The longest wait before the second of these; it doubles.
const BROKEN_WAIT: Duration = Duration::from_millis(10);
/// The shortest wait of a statement that lost, which the one that won has for
/// itself: to come back earlier is to get in its way again. It doubles.
const LOST_WAIT: Duration = Duration::from_millis(25);
/// No limit of its own: the number of attempts bounds the waits.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// The retries of one statement, which is a transaction of its own.
pub(super) struct Retry {
    idempotent: bool,
    random: fn() -> f64,
    lost: u32,
    lost_waits: Backoff,
    broken: u32,
    broken_waits: Backoff,
    waited_twice: bool,
}

impl Retry {
    /// `idempotent` says that the statement may be carried out twice without
    /// harm; `random` gives numbers from 0 up to 1, which spread the waits.
    pub(super) fn new(idempotent: bool, random: fn() -> f64) -> Self {
        Self {
            idempotent,
            random,
            lost: 0,
            lost_waits: Backoff::new(LOST_WAIT, 2, LONGEST_WAIT).jitter(1.0, 2.0),
            broken: 0,
            broken_waits: Backoff::new(BROKEN_WAIT, 2, LONGEST_WAIT).jitter(0.0, 1.0),
            waited_twice: false,
        }
    }

    /// Whether to wait for a connection once more, as there was none in time for a
    /// statement: nothing was sent, so that any may.
    pub(super) fn wait_again(&mut self) -> bool {
        !std::mem::replace(&mut self.waited_twice, true)
    }

    /// How long to wait before another attempt; `None` if there is none.
    pub(super) fn next(&mut self, error: &Error) -> Option<Duration> {
        if is_lost(error) && self.lost < MAX_LOST {
            self.lost += 1;
            return Some(self.lost_waits.next((self.random)()));
        }
        // What is read-only has changed nothing.
        let idempotent = self.idempotent || is_read_only(error);
        if idempotent && self.broken < MAX_BROKEN && is_broken(error) {
            self.broken += 1;
            return Some(match self.broken {
                1 => Duration::ZERO,
                _ => self.broken_waits.next((self.random)()),
            });
        }
        None
    }
}

/// Whether the database undid the statement in favour of another: a
/// serialization failure or a deadlock.
pub(super) fn is_lost(error: &Error) -> bool {
    has_code(error, &["40001", "40P01"])
}

/// Whether the database takes no writes here: it was the primary until a failover.
pub(super) fn is_read_only(error: &Error) -> bool {
    has_code(error, &["25006"])
}

/// Whether another connection may do better: this one broke, or its server stops or is read-only.
pub(super) fn is_broken(error: &Error) -> bool {
    match error {
        Error::Io(error) => error.kind() != std::io::ErrorKind::TimedOut,
        error => {
            is_read_only(error) || has_code(error, &["57P01", "57P02", "57P03", "08006", "08003"])
        }
    }
}

/// Whether the statements that a connection has prepared are of no use any more: the type of
/// a column has changed, or they are gone or another's. Nothing was carried out then.
pub(super) fn has_stale_statements(error: &Error) -> bool {
    has_code(error, &["26000", "42P05"]) || is_stale_plan(error)
}

/// By the routine that reports it: the code is that of any feature that isn't supported,
/// and the text is in the language of the database.
fn is_stale_plan(error: &Error) -> bool {
    let error = error.as_database_error();
    let postgres = error.and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    postgres.is_some_and(|error| error.routine() == Some("RevalidateCachedQuery"))
}

/// Whether the database reported one of `codes`.
pub(super) fn has_code(error: &Error, codes: &[&str]) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| codes.contains(&code.as_ref()))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn broken() -> Error {
        Error::Io(io::ErrorKind::ConnectionReset.into())
    }

    #[test]
    fn a_broken_connection_is_replaced_where_a_repeat_does_no_harm() {
        let mut retry = Retry::new(true, || 0.5);
        for times in [0, 1, 2, 4] {
            let wait = BROKEN_WAIT / 2 * times;
            assert_eq!(retry.next(&broken()), Some(wait));
        }
        assert_eq!(retry.next(&broken()), None);
        assert_eq!(Retry::new(false, || 0.5).next(&broken()), None);
    }

    #[test]
    fn what_took_too_long_is_not_tried_again() {
        let late = Error::Io(io::ErrorKind::TimedOut.into());
        assert_eq!(Retry::new(true, || 0.5).next(&late), None);
        assert_eq!(Retry::new(true, || 0.5).next(&Error::PoolTimedOut), None);
    }

    #[test]
    fn a_connection_is_waited_for_twice() {
        let mut retry = Retry::new(false, || 0.5);
        assert!(retry.wait_again());
        assert!(!retry.wait_again());
    }
}
