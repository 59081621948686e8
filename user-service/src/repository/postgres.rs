//! PostgreSQL: how it is opened and migrated.

mod url;

use std::io;
use std::str::FromStr;
use std::time::Duration;

use grpc_telemetry::store::Store;
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions, Postgres};
use sqlx::{ConnectOptions, Connection};
use tokio::time::timeout;

use super::migrations;
use super::open::{Config, OpenError};
use super::params;
use super::pool_health::PoolHealth;
use super::sql;
use super::sql_repository::SqlRepository;
use super::startup;

/// How long opening may take.
const OPEN_LIMIT: Duration = Duration::from_secs(5);
/// How long a call waits for a connection of the pool.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(1);
/// How long the database may work on one statement, wait for a lock, and keep a
/// transaction that nothing comes for, in milliseconds: what ends a statement
/// whose caller has gone, as there is no way to cancel one.
const LIMITS: [(&str, &str); 3] = [
    ("statement_timeout", "2000"),
    ("lock_timeout", "1500"),
    ("idle_in_transaction_session_timeout", "5000"),
];
/// How long one process waits for another that migrates, in milliseconds.
const MIGRATION_LOCK_LIMIT: &str = "60000";
/// How long the account of the migrations may take: as long as a lock, and some more, as a
/// database that is hung does not even end the wait for it.
const HISTORY_LIMIT: Duration = Duration::from_secs(65);
const DEFAULT_PORT: u16 = 5432;

/// Opens PostgreSQL with its schema up to date.
pub(super) async fn open(config: &Config) -> Result<SqlRepository<Postgres>, OpenError> {
    let options = options(config)?;
    let mut connection = connect(&options).await?;
    let migrator = migrations::postgres();
    let pending = pending(&mut connection).await?;
    if pending > 0 && !config.migrate {
        return Err(OpenError::Pending(pending));
    }
    // To run none needs the right to make tables as well.
    if pending > 0 {
        migrator.run_direct(None, &mut connection, false).await?;
    }
    let schema = current_schema(&mut connection).await;
    let store = store(
        &options,
        &schema.map_err(|error| unreachable(&options, &error))?,
    );
    let pool_health = PoolHealth::default();
    // The migrations were looked at.
    pool_health.notice_answer();
    let judge = pool_health.clone();
    let pool = PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(ACQUIRE_LIMIT)
        .test_before_acquire(false)
        .before_acquire(move |connection, about| {
            let judge = judge.clone();
            Box::pin(async move { Ok(judge.allows(connection, about).await) })
        })
        .connect_lazy_with(options.clone().options(LIMITS));
    Ok(SqlRepository::new(
        pool,
        store,
        sql::POSTGRES,
        params::POSTGRES,
        pool_health,
    ))
}

async fn pending(connection: &mut PgConnection) -> Result<usize, OpenError> {
    let migrator = migrations::postgres();
    let pending = migrations::pending(&migrator, connection);
    let late = || MigrateError::Execute(sqlx::Error::Io(io::ErrorKind::TimedOut.into()));
    let pending = timeout(HISTORY_LIMIT, pending).await;
    pending
        .unwrap_or_else(|_| Err(late()))
        .map_err(OpenError::History)
}

/// Applies the pending migrations and answers how many there were.
pub(super) async fn migrate(config: &Config) -> Result<usize, OpenError> {
    let mut connection = connect(&options(config)?).await?;
    let migrator = migrations::postgres();
    let pending = pending(&mut connection).await?;
    migrator.run_direct(None, &mut connection, false).await?;
    Ok(pending)
}

fn options(config: &Config) -> Result<PgConnectOptions, OpenError> {
    let url = config.url.expose();
    url::check(url)?;
    let options =
        PgConnectOptions::from_str(url).map_err(|error| OpenError::Url(error.to_string()))?;
    Ok(options
        .application_name("user-service")
        .disable_statement_logging())
}

/// A connection outside of the pool, which would hide why it can't connect. It
/// may wait for another process that migrates, but not for ever.
async fn connect(options: &PgConnectOptions) -> Result<PgConnection, OpenError> {
    let options = options
        .clone()
        .options([("lock_timeout", MIGRATION_LOCK_LIMIT)]);
    let connected = timeout(OPEN_LIMIT, PgConnection::connect_with(&options)).await;
    match connected {
        Ok(connected) => connected.map_err(|error| unreachable(&options, &error)),
        Err(_) => {
            let late = format!("no answer within {} s", OPEN_LIMIT.as_secs());
            let late = io::Error::new(io::ErrorKind::TimedOut, late);
            Err(unreachable(&options, &sqlx::Error::Io(late)))
        }
    }
}

fn unreachable(options: &PgConnectOptions, error: &sqlx::Error) -> OpenError {
    let host = options.get_host();
    let port = options.get_port();
    let database = options.get_database().unwrap_or_default();
    OpenError::Unreachable {
        place: format!("{host}:{port}/{database}"),
        cause: error.to_string(),
        passing: startup::may_pass(error) || is_socket_not_made(options, error),
    }
}

/// Whether the server that makes the socket does not run yet.
fn is_socket_not_made(options: &PgConnectOptions, error: &sqlx::Error) -> bool {
    let by_socket = options.get_socket().is_some() || options.get_host().starts_with('/');
    by_socket && matches!(error, sqlx::Error::Io(error) if error.kind() == io::ErrorKind::NotFound)
}

/// The schema that the statements use: the first one in the search path that is there.
async fn current_schema(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    let query = sqlx::query_scalar("SELECT current_schema()");
    let schema: Option<String> = query.fetch_one(connection).await?;
    Ok(schema.unwrap_or_default())
}

fn store(options: &PgConnectOptions, schema: &str) -> Store {
    let database = options
        .get_database()
        .unwrap_or_else(|| options.get_username());
    Store {
        system: "postgresql",
        // The conventions want database and schema.
        namespace: format!("{database}|{schema}").into(),
        address: Some(options.get_host().into()),
        port: Some(options.get_port()).filter(|port| *port != DEFAULT_PORT),
    }
}
