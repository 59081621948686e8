//! Follows the database: after a failover another of several hosts is the primary, and while none
//! can be reached, spans and metrics say why, which the pool would hide.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use super::LIMITS;
use super::connect::{Database, PoolerMode};
use crate::repository::open::OpenError;
use crate::repository::pool_health::PoolHealth;

/// How long the hosts are left alone after they were looked at: at most one look a second
/// where the primary is found, and more where it is yet to be made.
const FOUND_PAUSE: Duration = Duration::from_secs(1);
const LOST_PAUSE: Duration = Duration::from_millis(200);

/// How connections of the pool are opened that come by `way`.
pub(super) fn limited(options: PgConnectOptions, way: PoolerMode) -> PgConnectOptions {
    match way {
        PoolerMode::Direct => options.options(LIMITS),
        PoolerMode::OwnSession | PoolerMode::SharedSessions => options,
    }
}

/// Looks for the database whenever statements fail as they do without it, and has `pool`
/// connect to the host that is the primary. Ends when what it returns is dropped.
pub(super) fn follow(
    database: Database,
    current: PgConnectOptions,
    pool: PgPool,
    health: PoolHealth,
) -> AbortOnDropHandle<()> {
    let following = keep_following(database, place(&current), pool, health);
    AbortOnDropHandle::new(tokio::spawn(following))
}

async fn keep_following(
    database: Database,
    mut current: (String, u16),
    pool: PgPool,
    health: PoolHealth,
) {
    loop {
        health.until_doubted().await;
        let found = loop {
            match database.find().await {
                Ok(found) => break found,
                Err(error) => note_unreachable(&error, &health),
            }
            sleep(LOST_PAUSE).await;
        };
        health.notice_reachable();
        let place = place(&found.options);
        if place != current {
            pool.set_connect_options(limited(found.options, found.way));
            // Those that are open lead to the one before.
            health.notice_wrong_server();
            tracing::warn!(
                host = place.0,
                port = place.1,
                "the database has failed over"
            );
            current = place;
        }
        sleep(FOUND_PAUSE).await;
    }
}

fn note_unreachable(error: &OpenError, health: &PoolHealth) {
    tracing::debug!(%error, "the database can't be reached");
    if let OpenError::Unreachable(unreachable) = error {
        health.notice_unreachable(unreachable.error_type.clone());
    }
}

fn place(options: &PgConnectOptions) -> (String, u16) {
    (options.get_host().to_owned(), options.get_port())
}
