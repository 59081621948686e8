//! From a URL to a store.

use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::MigrateError;

use super::{postgres, sqlite, startup};
use crate::domain::UserRepository;
use crate::secret::Secret;

/// Which store, and how to open it.
#[derive(Clone, Debug)]
pub struct Config {
    /// `postgres://…` or `sqlite://…`.
    pub url: Secret,
    /// The most connections to it.
    pub max_connections: u32,
    /// Apply pending migrations; otherwise refuse to open a store that has any.
    pub migrate: bool,
    /// How long a database that is not up yet is waited for.
    pub startup_timeout: Duration,
}

/// Why a store could not be opened: one sentence each, without secrets.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is of no store that we know.
    #[error("DATABASE_URL must be postgres://user@host/database or sqlite://path/to/file")]
    Scheme,
    /// The URL has the right scheme but can't be parsed.
    #[error("DATABASE_URL is malformed: {0}")]
    Url(String),
    /// The URL is of a database that ends with its connection.
    #[error(
        "a database in memory is not supported: name a file, such as sqlite://users.db, in DATABASE_URL"
    )]
    InMemory,
    /// The store does not answer.
    #[error(
        "cannot open the database {place}: {cause}; see that it is there and lets this program in, or correct DATABASE_URL"
    )]
    Unreachable {
        /// Where it should be.
        place: String,
        /// What went wrong.
        cause: String,
        /// Whether that may pass, as when the database does not listen yet.
        passing: bool,
    },
    /// Migrations are missing and may not be applied.
    #[error(
        "the database lacks {0} migration(s): run `user-service migrate`, or start with MIGRATE=true"
    )]
    Pending(usize),
    /// The account of the migrations can't be read.
    #[error(
        "cannot read which migrations the database has: {0}; let the user of DATABASE_URL read the table _sqlx_migrations"
    )]
    History(MigrateError),
    /// A migration could not be applied.
    #[error("the database could not be migrated: {0}")]
    Migrate(#[from] MigrateError),
}

impl OpenError {
    /// Whether the same attempt may succeed soon.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { passing, .. } => *passing,
            Self::History(error) | Self::Migrate(error) => match error {
                MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                    startup::may_pass(error)
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// Opens the store that `config` names, with its schema up to date; waits for one that is
/// not up yet.
///
/// # Errors
/// When it can't be reached in time, or when its schema is not and may not be brought up to date.
pub async fn open(config: &Config) -> Result<Arc<dyn UserRepository>, OpenError> {
    let scheme = scheme(&config.url)?;
    startup::open(config.startup_timeout, async || {
        Ok(match scheme {
            Scheme::Postgres => {
                Arc::new(postgres::open(config).await?.coalesced()) as Arc<dyn UserRepository>
            }
            Scheme::Sqlite => Arc::new(sqlite::open(config).await?.coalesced()),
        })
    })
    .await
}

/// Applies the pending migrations and returns how many there were; waits for a store that
/// is not up yet.
///
/// # Errors
/// When the store can't be reached in time, or a migration fails.
pub async fn migrate(config: &Config) -> Result<usize, OpenError> {
    let scheme = scheme(&config.url)?;
    startup::open(config.startup_timeout, async || match scheme {
        Scheme::Postgres => postgres::migrate(config).await,
        Scheme::Sqlite => sqlite::migrate(config).await,
    })
    .await
}

#[derive(Clone, Copy)]
enum Scheme {
    Postgres,
    Sqlite,
}

fn scheme(url: &Secret) -> Result<Scheme, OpenError> {
    match url.expose().split_once(':') {
        Some(("postgres" | "postgresql", _)) => Ok(Scheme::Postgres),
        Some(("sqlite", _)) => Ok(Scheme::Sqlite),
        // What it is instead may be a secret in the wrong place: none of it is shown.
        _ => Err(OpenError::Scheme),
    }
}
