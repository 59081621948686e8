//! What to expect of the database and of idle connections to it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnectionMetadata;
use sqlx::{Connection, Error};

use super::attempts::{is_broken, is_read_only};

/// For so long after its last use a connection is trusted to work. To ask it each
/// time would double the wait of every statement under load.
const TRUSTED: Duration = Duration::from_millis(100);
/// How long a connection that is asked may take to answer. The network may have
/// forgotten it, and then nothing ever comes: what is left of a call's wait for a
/// connection has to be enough for a new one.
const ANSWER_LIMIT: Duration = Duration::from_millis(500);

/// For so long after its last answer a database that lets nobody connect is thought to
/// be busy, or back soon. Longer would let calls wait twice behind others that did.
const THERE: Duration = Duration::from_secs(2);

/// What the statements of a pool met lately. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Trust(Arc<Mutex<Incidents>>);

#[derive(Debug, Default)]
struct Incidents {
    /// When a statement last succeeded.
    answered: Option<Instant>,
    /// When connections last turned out to lead to the wrong server, or to none: one
    /// was read-only, as after a failover, or silent. All that are older are the same.
    misled: Option<Instant>,
    /// When a connection last turned out to be broken. They break together.
    broken: Option<Instant>,
}

/// What to do with an idle connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Use,
    /// Use it if it answers.
    Ask,
    Close,
}

impl Trust {
    /// Takes note of how a statement failed.
    pub(super) fn notice(&self, error: &Error) {
        if is_read_only(error) {
            self.incidents().misled = Some(Instant::now());
        }
        if matches!(error, Error::Io(_)) || is_broken(error) {
            self.incidents().broken = Some(Instant::now());
        }
    }

    /// Takes note of a statement that succeeded.
    pub(super) fn notice_answer(&self) {
        self.incidents().answered = Some(Instant::now());
    }

    /// Whether the database answered not long ago.
    pub(super) fn is_there(&self) -> bool {
        let answered = self.incidents().answered;
        answered.is_some_and(|time| time.elapsed() < THERE)
    }

    /// Whether a call gets the idle `connection`, which is closed otherwise.
    pub(super) async fn allows<C: Connection>(
        &self,
        connection: &mut C,
        about: PoolConnectionMetadata,
    ) -> bool {
        match self.verdict(about.age, about.idle_for) {
            Verdict::Use => true,
            Verdict::Close => false,
            Verdict::Ask => self.ask(connection).await,
        }
    }

    async fn ask<C: Connection>(&self, connection: &mut C) -> bool {
        match tokio::time::timeout(ANSWER_LIMIT, connection.ping()).await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => self.notice(&error),
            Err(_) => self.incidents().misled = Some(Instant::now()),
        }
        false
    }

    fn verdict(&self, age: Duration, idle: Duration) -> Verdict {
        let incidents = self.incidents();
        let since = |time: Option<Instant>, span| time.is_none_or(|time| span < time.elapsed());
        if !since(incidents.misled, age) {
            return Verdict::Close;
        }
        match idle < TRUSTED && since(incidents.broken, idle) {
            true => Verdict::Use,
            false => Verdict::Ask,
        }
    }

    fn incidents(&self) -> MutexGuard<'_, Incidents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const NOW: Duration = Duration::ZERO;

    #[test]
    fn only_a_connection_that_was_used_a_moment_ago_is_not_asked() {
        let trust = Trust::default();
        assert_eq!(trust.verdict(LONG, NOW), Verdict::Use);
        assert_eq!(trust.verdict(LONG, TRUSTED), Verdict::Ask);
    }

    #[test]
    fn after_one_broke_the_others_are_asked_until_they_worked() {
        let trust = Trust::default();
        trust.notice(&Error::Io(io::ErrorKind::TimedOut.into()));
        assert_eq!(trust.verdict(LONG, TRUSTED / 2), Verdict::Ask);
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(trust.verdict(LONG, Duration::from_millis(1)), Verdict::Use);
    }

    #[test]
    fn a_database_that_answered_is_there() {
        let trust = Trust::default();
        assert!(!trust.is_there());
        trust.notice_answer();
        assert!(trust.is_there());
    }

    #[test]
    fn a_pool_that_has_no_connection_left_breaks_no_trust() {
        let trust = Trust::default();
        trust.notice(&Error::PoolTimedOut);
        assert_eq!(trust.verdict(LONG, TRUSTED / 2), Verdict::Use);
    }
}
