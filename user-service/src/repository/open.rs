//! From a URL to a store.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::MigrateError;

use super::{cause, postgres, sqlite, startup};
use crate::domain::UserRepository;
use crate::secret::Secret;

/// Which store, and how to open it.
#[derive(Clone, Debug)]
pub struct Config {
    /// `postgres://…` or `sqlite://…`.
    pub url: Secret,
    /// Where its migrations are applied instead, if not there: `postgres://…`.
    pub migration_url: Option<Secret>,
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
    #[error("{variable} is malformed: {cause}")]
    Url {
        /// The variable that has it.
        variable: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// Only PostgreSQL is migrated by another URL.
    #[error(
        "DATABASE_MIGRATION_URL must be postgres://user@host/database, as DATABASE_URL is then"
    )]
    MigrationScheme,
    /// The URL is of a database that ends with its connection.
    #[error(
        "a database in memory is not supported: name a file, such as sqlite://users.db, in DATABASE_URL"
    )]
    InMemory,
    /// The store does not respond.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// Migrations are missing and may not be applied.
    #[error(
        "the database lacks {0} migration(s): run `user-service migrate`, or start with MIGRATE=true"
    )]
    Pending(usize),
    /// The database responds, but not as required at the start.
    #[error("the database does not behave as required: {}", cause::with_advice(.0))]
    Check(sqlx::Error),
    /// Names with characters that it can't keep would fail.
    #[error(
        "the database has the encoding {0}, which cannot store most names: create it with ENCODING 'UTF8', and copy the users"
    )]
    Encoding(String),
    /// Each call would fail.
    #[error("the user of the database lacks rights: GRANT {0} to it")]
    Grants(String),
    /// Prepared statements of several clients would be mixed up.
    #[error(
        "the connection pooler {0} would return the results of other clients' statements, as it shares sessions and does not keep prepared statements apart: use PgBouncer 1.21 or newer with max_prepared_statements above 0, its session mode, or a direct connection in DATABASE_URL"
    )]
    Pooler(String),
    /// Nothing ends a statement whose caller has gone.
    #[error(
        "the connection pooler does not pass on the limits of statements: set them in the database with `ALTER ROLE … SET statement_timeout = '2s'`, and let the pooler reconnect"
    )]
    Unlimited,
    /// The lock on migrations needs a session of its own.
    #[error(
        "{0} migration(s) are pending, and cannot be applied through a connection pooler that shares sessions: set DATABASE_MIGRATION_URL to a direct connection"
    )]
    MigrationsByPooler(usize),
    /// The account of the migrations can't be read.
    #[error(
        "cannot read which migrations the database has: {}; let the user of DATABASE_URL read the table _sqlx_migrations",
        cause::of_history(.0)
    )]
    History(MigrateError),
    /// A migration could not be applied.
    #[error("the database could not be migrated: {}", cause::of_migration(.0))]
    Migrate(#[from] MigrateError),
}

/// Why a store does not respond.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the database {place}: {cause}; {advice}, or correct {variable}")]
pub struct Unreachable {
    /// Where it should be.
    pub(super) place: String,
    /// What went wrong.
    pub(super) cause: String,
    /// What to look at first.
    pub(super) advice: &'static str,
    /// The variable that has its URL.
    pub(super) variable: &'static str,
    /// The same as the `error.type` of a span.
    pub(super) error_type: Cow<'static, str>,
    /// Whether that may pass, as when the database does not listen yet.
    pub(super) passing: bool,
}

impl Unreachable {
    /// Why none of several hosts, of which there is one at least, responds.
    pub(super) fn all(mut errors: Vec<Self>) -> Self {
        if errors.len() == 1 {
            return errors.remove(0);
        }
        let places: Vec<_> = errors.iter().map(|it| it.place.as_str()).collect();
        let causes: Vec<_> = errors.iter().map(|it| it.cause.as_str()).collect();
        Self {
            place: places.join(" or "),
            cause: causes.join(" and "),
            error_type: errors
                .first()
                .map_or(Cow::Borrowed("_OTHER"), |it| it.error_type.clone()),
            advice: errors.first().map_or("", |it| it.advice),
            variable: errors.first().map_or("DATABASE_URL", |it| it.variable),
            passing: errors.iter().any(|it| it.passing),
        }
    }
}

impl OpenError {
    /// Whether the same attempt may succeed soon.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(error) => error.passing,
            Self::Check(error) => startup::may_pass(error),
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
    let scheme = scheme(config)?;
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
    let scheme = scheme(config)?;
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

fn scheme(config: &Config) -> Result<Scheme, OpenError> {
    let is_postgres = |url: &Secret| {
        let scheme = url.expose().split_once(':').map(|(scheme, _)| scheme);
        matches!(scheme, Some("postgres" | "postgresql"))
    };
    let migrated = config.migration_url.as_ref();
    if is_postgres(&config.url) {
        return match migrated.is_none_or(is_postgres) {
            true => Ok(Scheme::Postgres),
            false => Err(OpenError::MigrationScheme),
        };
    }
    if !config.url.expose().starts_with("sqlite:") {
        // What it is instead may be a secret in the wrong place: none of it is shown.
        return Err(OpenError::Scheme);
    }
    match migrated {
        None => Ok(Scheme::Sqlite),
        Some(_) => Err(OpenError::MigrationScheme),
    }
}
