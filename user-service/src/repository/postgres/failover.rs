//! Follows the primary of several hosts: after a failover another one is it.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use super::LIMITS;
use super::connect::{Database, PoolerMode};
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

/// Looks for the primary whenever statements fail as they do without one, and has `pool`
/// connect to it; nothing where there is but one host. Ends when what it returns is dropped.
pub(super) fn follow(
    database: Database,
    current: PgConnectOptions,
    pool: PgPool,
    health: PoolHealth,
) -> Option<AbortOnDropHandle<()>> {
    if database.hosts.len() < 2 {
        return None;
    }
    let following = keep_following(database, place(&current), pool, health);
    Some(AbortOnDropHandle::new(tokio::spawn(following)))
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
                Err(error) => tracing::debug!(%error, "no host of the database is the primary"),
            }
            sleep(LOST_PAUSE).await;
        };
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

fn place(options: &PgConnectOptions) -> (String, u16) {
    (options.get_host().to_owned(), options.get_port())
}
