//! SQLite: how its file is opened and migrated.

use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, Instant};

use grpc_telemetry::store::Store;
use sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Executor};

use super::cause::sentence;
use super::error::{failure, is_busy};
use super::migrations;
use super::open::{Config, OpenError, Unreachable};
use super::params;
use super::pool_health::PoolHealth;
use super::sql;
use super::sql_repository::SqlRepository;

/// How long a call waits for a connection of the pool.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(1);
/// How long a statement waits for another one that writes.
const BUSY_LIMIT: Duration = Duration::from_secs(2);
/// How long one process waits for another that migrates.
const MIGRATION_LOCK_LIMIT: Duration = Duration::from_secs(60);
/// The same two as statements of a connection that is open.
const WAIT_FOR_WRITERS: &str = "PRAGMA busy_timeout = 2000";
const WAIT_FOR_MIGRATIONS: &str = "PRAGMA busy_timeout = 60000";
/// How long it takes to look again whether a file can be opened.
const OPEN_PAUSE: Duration = Duration::from_millis(20);

/// Opens a file with its schema up to date; makes it if there is none.
pub(super) async fn open(config: &Config) -> Result<SqlRepository<Sqlite>, OpenError> {
    let options = options(config)?;
    if !config.migrate && !options.get_filename().exists() {
        // Connecting would make the file.
        return Err(OpenError::Pending(migrations::sqlite().iter().count()));
    }
    let pool = SqlitePoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(ACQUIRE_LIMIT)
        // Nothing can break it while it is idle.
        .test_before_acquire(false)
        .connect_lazy_with(options.clone());
    let mut connection = opened(&options, || pool.acquire()).await?;
    let pending = match config.migrate {
        true => apply(&mut connection, &options).await.map(|_| 0),
        false => migrations::pending(&migrations::sqlite(), &mut *connection)
            .await
            .map_err(OpenError::History),
    };
    match pending? {
        0 => {}
        pending => return Err(OpenError::Pending(pending)),
    }
    let repository = SqlRepository::new(
        pool,
        store(&options),
        sql::SQLITE,
        params::SQLITE,
        PoolHealth::default(),
    );
    // Closing the last connection removes the write-ahead log, and the next one makes it again.
    Ok(repository.with_turns().with_connection(connection))
}

/// Applies the pending migrations and returns how many there were.
pub(super) async fn migrate(config: &Config) -> Result<usize, OpenError> {
    let options = options(config)?;
    let connect = || SqliteConnection::connect_with(&options);
    apply(&mut opened(&options, connect).await?, &options).await
}

/// Applies the pending migrations by `connection` and returns how many there were. sqlx takes
/// no lock for SQLite: one transaction around all of it is the lock.
async fn apply(
    connection: &mut SqliteConnection,
    options: &SqliteConnectOptions,
) -> Result<usize, OpenError> {
    let unreachable = |error: sqlx::Error| unreachable(options, &error);
    let waiting = connection.execute(WAIT_FOR_MIGRATIONS).await;
    waiting.map_err(unreachable)?;
    let mut transaction = connection
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(unreachable)?;
    let migrator = migrations::sqlite();
    let pending = migrations::pending(&migrator, &mut *transaction)
        .await
        .map_err(OpenError::History)?;
    migrator.run_direct(None, &mut *transaction, false).await?;
    transaction.commit().await.map_err(unreachable)?;
    let waiting = connection.execute(WAIT_FOR_WRITERS).await;
    waiting.map_err(unreachable)?;
    Ok(pending)
}

fn options(config: &Config) -> Result<SqliteConnectOptions, OpenError> {
    if is_in_memory(config.url.expose()) {
        return Err(OpenError::InMemory);
    }
    let options =
        SqliteConnectOptions::from_str(config.url.expose()).map_err(|error| OpenError::Url {
            variable: "DATABASE_URL",
            cause: error.to_string(),
        })?;
    Ok(options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // What was acknowledged survives a loss of power.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_LIMIT)
        .disable_statement_logging())
}

/// Whether each connection by `url` would have a database of its own.
fn is_in_memory(url: &str) -> bool {
    let rest = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let in_memory = query.split('&').any(|setting| setting == "mode=memory");
    in_memory || path.is_empty() || path == ":memory:"
}

/// Tries for [`MIGRATION_LOCK_LIMIT`] to open a file that others are opening:
/// SQLite does not wait for the lock that the first change to its write-ahead
/// log needs, whatever its time-out is.
async fn opened<C>(
    options: &SqliteConnectOptions,
    open: impl AsyncFn() -> Result<C, sqlx::Error>,
) -> Result<C, OpenError> {
    let until = Instant::now() + MIGRATION_LOCK_LIMIT;
    loop {
        match open().await {
            Err(error) if is_in_use(&error) && Instant::now() < until => {
                tokio::time::sleep(OPEN_PAUSE).await;
            }
            result => return result.map_err(|error| unreachable(options, &error)),
        }
    }
}

/// Whether another process has the file for itself; a pool says then that it took too long.
fn is_in_use(error: &sqlx::Error) -> bool {
    is_busy(error) || matches!(error, sqlx::Error::PoolTimedOut)
}

fn unreachable(options: &SqliteConnectOptions, error: &sqlx::Error) -> OpenError {
    OpenError::Unreachable(Unreachable {
        place: options.get_filename().display().to_string(),
        cause: sentence(error),
        error_type: failure(error).error_type,
        advice: "check that its folder exists, and that this user may write there",
        variable: "DATABASE_URL",
        // Another process that has the file was waited for already.
        passing: false,
    })
}

fn store(options: &SqliteConnectOptions) -> Store {
    let file = options.get_filename();
    Store {
        system: "sqlite",
        namespace: base_name(file).into(),
        address: None,
        port: None,
    }
}

fn base_name(file: &Path) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str());
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_have_the_limits_of_connections() {
        for (statement, limit) in [
            (WAIT_FOR_WRITERS, BUSY_LIMIT),
            (WAIT_FOR_MIGRATIONS, MIGRATION_LOCK_LIMIT),
        ] {
            assert!(statement.ends_with(&format!(" {}", limit.as_millis())));
        }
    }
}
