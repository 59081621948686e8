//! What to expect of the database and of idle connections to it.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnectionMetadata;
use sqlx::{Connection, Error};
use tokio::sync::Notify;

use super::retry::{is_broken, is_read_only};

/// How long an idle connection is assumed healthy, which came to the pool 20 ms after its last use
/// at the latest. Pinging it each time would double the latency of every statement under load.
pub(super) const ASSUMED_HEALTHY: Duration = Duration::from_millis(80);
/// How long a ping may take. If the network has dropped the connection, no response ever
/// arrives; the rest of a call's time to get a connection must suffice for a new one.
const PING_LIMIT: Duration = Duration::from_millis(500);

/// How long after its last response a database that accepts no connection counts as busy, or
/// back soon. With a longer time, calls would wait twice behind others that did.
const RECENT_RESPONSE: Duration = Duration::from_secs(2);

/// The recent outcomes of the statements of a pool. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct PoolHealth {
    observations: Arc<Mutex<Observations>>,
    doubts: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Observations {
    /// When a statement last succeeded.
    last_success: Option<Instant>,
    /// When connections last turned out to lead to the wrong server, or to none: one
    /// was read-only, as after a failover, or silent. All that are older are the same.
    wrong_server: Option<Instant>,
    /// When a connection last turned out to be broken. They break together.
    broken: Option<Instant>,
    /// Why no connection can be opened, as an `error.type`.
    unreachable: Option<Cow<'static, str>>,
}

/// What to do with an idle connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Use,
    /// Use it if it responds.
    Ping,
    Close,
}

impl PoolHealth {
    /// Notes how a statement failed.
    pub(super) fn notice(&self, error: &Error) {
        if is_read_only(error) {
            self.notice_wrong_server();
        }
        if matches!(error, Error::Io(_)) || is_broken(error) {
            self.observations().broken = Some(Instant::now());
        }
        if matches!(error, Error::Io(_) | Error::PoolTimedOut) || is_broken(error) {
            self.doubt();
        }
    }

    /// Notes that the database may have failed over, or be unreachable.
    pub(super) fn doubt(&self) {
        self.doubts.notify_one();
    }

    /// Returns when a statement failed as it does where its server is not the right one, or
    /// has since the last call; or took as long as it does then.
    pub(super) async fn until_doubted(&self) {
        self.doubts.notified().await;
    }

    /// Notes that all open connections lead to the wrong server.
    pub(super) fn notice_wrong_server(&self) {
        self.observations().wrong_server = Some(Instant::now());
    }

    /// Notes that a statement succeeded.
    pub(super) fn notice_success(&self) {
        self.observations().last_success = Some(Instant::now());
    }

    /// Notes that no connection can be opened, because of `error_type`.
    pub(super) fn notice_unreachable(&self, error_type: Cow<'static, str>) {
        self.observations().unreachable = Some(error_type);
    }

    /// Notes that a connection was opened.
    pub(super) fn notice_reachable(&self) {
        self.observations().unreachable = None;
    }

    /// Why no connection can be opened, where that is known: the pool says only that it took too long.
    pub(super) fn why_unreachable(&self) -> Option<Cow<'static, str>> {
        self.observations().unreachable.clone()
    }

    /// Whether a connection turned out to be broken, or to lead to the wrong server, after `time`.
    pub(super) fn has_doubted_since(&self, time: Instant) -> bool {
        let observations = self.observations();
        let latest = observations.wrong_server.max(observations.broken);
        latest.is_some_and(|latest| latest >= time)
    }

    /// Whether the database responded recently.
    pub(super) fn responded_recently(&self) -> bool {
        let last_success = self.observations().last_success;
        last_success.is_some_and(|time| time.elapsed() < RECENT_RESPONSE)
    }

    /// Whether a call gets the idle `connection`, which is closed otherwise.
    pub(super) async fn allows<C: Connection>(
        &self,
        connection: &mut C,
        about: PoolConnectionMetadata,
    ) -> bool {
        match self.decide(about.age, about.idle_for, Instant::now()) {
            Decision::Use => true,
            Decision::Close => false,
            Decision::Ping => self.ping(connection).await,
        }
    }

    /// Whether `connection` responds.
    pub(super) async fn ping<C: Connection>(&self, connection: &mut C) -> bool {
        match tokio::time::timeout(PING_LIMIT, connection.ping()).await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => self.notice(&error),
            Err(_) => {
                self.notice_wrong_server();
                self.doubt();
            }
        }
        false
    }

    fn decide(&self, age: Duration, idle: Duration, now: Instant) -> Decision {
        let observations = self.observations();
        let since = |time: Option<Instant>, span| time.is_none_or(|time| span < now - time);
        if !since(observations.wrong_server, age) {
            return Decision::Close;
        }
        match idle < ASSUMED_HEALTHY && since(observations.broken, idle) {
            true => Decision::Use,
            false => Decision::Ping,
        }
    }

    fn observations(&self) -> MutexGuard<'_, Observations> {
        self.observations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::io;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const MOMENT: Duration = Duration::from_millis(10);

    #[test]
    fn recently_used_connection_is_not_pinged() {
        let (health, now) = (PoolHealth::default(), Instant::now());
        assert_eq!(health.decide(LONG, MOMENT, now), Decision::Use);
        assert_eq!(health.decide(LONG, ASSUMED_HEALTHY, now), Decision::Ping);
    }

    #[test]
    fn after_one_connection_broke_the_others_are_pinged_once() {
        let health = PoolHealth::default();
        health.notice(&Error::Io(io::ErrorKind::TimedOut.into()));
        let broken = health.observations().broken.unwrap();
        let later = broken + 2 * MOMENT;
        assert_eq!(health.decide(LONG, 3 * MOMENT, later), Decision::Ping);
        assert_eq!(health.decide(LONG, MOMENT, later), Decision::Use);
    }

    #[test]
    fn after_one_connection_hung_all_older_ones_are_closed() {
        let (health, now) = (PoolHealth::default(), Instant::now());
        health.observations().wrong_server = Some(now);
        let later = now + 2 * MOMENT;
        assert_eq!(health.decide(3 * MOMENT, MOMENT, later), Decision::Close);
        assert_eq!(health.decide(MOMENT, MOMENT, later), Decision::Use);
    }

    #[test]
    fn database_counts_as_available_for_a_while_after_a_response() {
        let health = PoolHealth::default();
        assert!(!health.responded_recently());
        health.notice_success();
        assert!(health.responded_recently());
        health.observations().last_success = Instant::now().checked_sub(RECENT_RESPONSE);
        assert!(!health.responded_recently());
    }

    #[test]
    fn a_pool_that_has_no_connection_left_is_no_broken_connection() {
        let health = PoolHealth::default();
        health.notice(&Error::PoolTimedOut);
        let decision = health.decide(LONG, MOMENT, Instant::now());
        assert_eq!(decision, Decision::Use);
    }
}
