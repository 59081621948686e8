//! The database and the cache.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use cli_settings::whole_number_from;

use super::time::parse_time;
use crate::secret::{self, Secret, SecretError};

/// The database, where none is named.
pub(super) const DEFAULT_DATABASE: &str = "sqlite://user-service.db";

/// Where users are stored and cached.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Database and cache")]
pub struct Stores {
    /// The database: postgres://… or sqlite://… [default: sqlite://user-service.db]
    #[arg(long, env, global = true, hide_env_values = true, value_name = "URL")]
    pub database_url: Option<Secret>,

    /// A file that holds the database URL.
    #[arg(
        long,
        env,
        global = true,
        value_name = "FILE",
        conflicts_with = "database_url"
    )]
    pub database_url_file: Option<PathBuf>,

    /// The database as migrations connect to it, postgres://… [default: DATABASE_URL]. They need
    /// sessions of their own, which a connection pooler in transaction mode doesn't give.
    #[arg(long, env, global = true, hide_env_values = true, value_name = "URL")]
    pub database_migration_url: Option<Secret>,

    /// A file that holds the URL for migrations.
    #[arg(
        long,
        env,
        global = true,
        value_name = "FILE",
        conflicts_with = "database_migration_url"
    )]
    pub database_migration_url_file: Option<PathBuf>,

    /// The maximum size of the database connection pool.
    #[arg(long, env, global = true, default_value_t = 10, value_name = "NUMBER",
          value_parser = whole_number_from(1_u32))]
    pub database_max_connections: u32,

    /// The cache: redis://…, redis+sentinel://… or redis+cluster://…, with rediss for TLS [default: a cache in the process].
    #[arg(long, env, global = true, hide_env_values = true, value_name = "URL")]
    pub redis_url: Option<Secret>,

    /// A file that holds the Redis URL.
    #[arg(
        long,
        env,
        global = true,
        value_name = "FILE",
        conflicts_with = "redis_url"
    )]
    pub redis_url_file: Option<PathBuf>,

    /// How long users are cached, such as 5m or 30s; 0s turns caching off.
    #[arg(long, env, global = true, default_value = "5m", value_name = "TIME",
          value_parser = parse_time)]
    pub cache_ttl: Duration,

    /// Apply pending migrations at the start; false refuses to start if any is pending.
    #[arg(long, env, global = true, default_value_t = true, value_name = "BOOL",
          action = clap::ArgAction::Set)]
    pub migrate: bool,

    /// How long the start waits for a database that is not up yet; 0s fails at once.
    #[arg(long, env, global = true, default_value = "60s", value_name = "TIME",
          value_parser = parse_time)]
    pub startup_timeout: Duration,
}

impl Stores {
    /// The database URL, from wherever it was given.
    ///
    /// # Errors
    /// When its file can't be read.
    pub fn database_url(&self) -> Result<Secret, SecretError> {
        let given = secret::resolve(&self.database_url, &self.database_url_file)?;
        Ok(given.unwrap_or_else(|| Secret::new(DEFAULT_DATABASE)))
    }

    /// The URL by which migrations are applied, if another one than that of the database.
    ///
    /// # Errors
    /// When its file can't be read.
    pub fn database_migration_url(&self) -> Result<Option<Secret>, SecretError> {
        secret::resolve(
            &self.database_migration_url,
            &self.database_migration_url_file,
        )
    }

    /// The Redis URL, if one was given.
    ///
    /// # Errors
    /// When its file can't be read.
    pub fn redis_url(&self) -> Result<Option<Secret>, SecretError> {
        secret::resolve(&self.redis_url, &self.redis_url_file)
    }
}
