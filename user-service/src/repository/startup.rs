//! Waits at the start for a database that is not up yet, with backoff.

use std::io;
use std::time::Duration;

use grpc_common::Backoff;
use tokio::time::{Instant, sleep, timeout};

use super::open::OpenError;
use super::retry::has_code;

/// The backoff between attempts to open the database. Half of it is jitter, as all
/// replicas may wait for the same one.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(2);
/// An attempt that takes longer than this is logged, because nothing else shows why the
/// service does not serve yet.
const SLOW: Duration = Duration::from_secs(3);

/// Makes attempts to open the database until one succeeds, or fails with an error that
/// waiting does not mend; none begins more than `limit` after the first. One line in the
/// log says that it waits, and one that it no longer does.
///
/// # Errors
/// The error of the last attempt.
pub(super) async fn open<T>(
    limit: Duration,
    attempt: impl AsyncFn() -> Result<T, OpenError>,
) -> Result<T, OpenError> {
    let deadline = Instant::now() + limit;
    let mut backoff = Backoff::new(FIRST_DELAY, 2, LONGEST_DELAY).jitter(0.5, 1.0);
    let mut reported = false;
    loop {
        let error = match watched(attempt(), &mut reported).await {
            Err(error) if error.may_pass() => error,
            result => {
                if reported && result.is_ok() {
                    tracing::info!("the database is open");
                }
                return result;
            }
        };
        let delay = backoff.next(rand::random::<f64>());
        if Instant::now() + delay > deadline {
            return Err(error);
        }
        report(&error, &mut reported);
        sleep(delay).await;
    }
}

/// Runs one attempt, and reports it if it takes long.
async fn watched<T>(
    attempt: impl Future<Output = Result<T, OpenError>>,
    reported: &mut bool,
) -> Result<T, OpenError> {
    let mut attempt = std::pin::pin!(attempt);
    if let Ok(result) = timeout(SLOW, &mut attempt).await {
        return result;
    }
    report(
        &"no response yet; it may be hung, or another process migrates it or locks its tables",
        reported,
    );
    attempt.await
}

fn report(cause: &dyn std::fmt::Display, reported: &mut bool) {
    if !std::mem::replace(reported, true) {
        tracing::warn!(%cause, "waiting for the database for up to STARTUP_TIMEOUT");
    }
}

/// Whether a database that can't be used because of `error` may be usable soon: it does not
/// listen yet, starts, stops, fails over, or has all its connections or locks taken.
pub(super) fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        // Of a network only a path is not found: that of a certificate.
        sqlx::Error::Io(error) => !matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied
        ),
        error => {
            let code = error.as_database_error().and_then(|error| error.code());
            let class = code.as_deref().and_then(|code| code.get(..2));
            let is_passing = class.is_some_and(|class| ["08", "40", "53", "57"].contains(&class));
            match has_code(error, &[BY_POOLER]) {
                true => is_passing_pooler(error),
                false => is_passing || has_code(error, &["55P03", "25006"]),
            }
        }
    }
}

/// The code of all that PgBouncer refuses: also a database that it does not have.
const BY_POOLER: &str = "08P01";

/// Whether a pooler says that its database is away. Its sentences have the names of its
/// settings in them, in no other language.
fn is_passing_pooler(error: &sqlx::Error) -> bool {
    let message = error
        .as_database_error()
        .map_or("", |error| error.message());
    let settings = [
        "server_login_retry",
        "client_login_timeout",
        "query_wait_timeout",
    ];
    settings.iter().any(|setting| message.contains(setting))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::open::Unreachable;

    fn unreachable(passing: bool) -> OpenError {
        OpenError::Unreachable(Unreachable {
            place: String::new(),
            cause: String::new(),
            error_type: "connection_refused".into(),
            advice: "",
            variable: "DATABASE_URL",
            passing,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn no_attempt_begins_after_the_limit() {
        let (started, limit) = (Instant::now(), Duration::from_secs(60));
        let result: Result<(), _> = open(limit, async || Err(unreachable(true))).await;
        assert!(result.is_err());
        let elapsed = started.elapsed();
        assert!(elapsed <= limit && elapsed > limit / 2, "{elapsed:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn wrong_settings_are_not_waited_for() {
        let started = Instant::now();
        let result: Result<(), _> =
            open(Duration::from_secs(60), async || Err(unreachable(false))).await;
        assert!(result.is_err());
        assert_eq!(started.elapsed(), Duration::ZERO);
    }

    #[test]
    fn a_server_that_may_come_up_is_told_from_a_wrong_file() {
        let of_kind = |kind: io::ErrorKind| may_pass(&sqlx::Error::Io(kind.into()));
        assert!(of_kind(io::ErrorKind::ConnectionRefused));
        assert!(
            of_kind(io::ErrorKind::Other),
            "a name that is not known yet"
        );
        assert!(!of_kind(io::ErrorKind::NotFound));
        assert!(!may_pass(&sqlx::Error::Tls("no certificate".into())));
    }
}
