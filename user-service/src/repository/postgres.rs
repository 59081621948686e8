//! PostgreSQL: how it is opened and migrated.

mod url;

use std::str::FromStr;
use std::time::Duration;

use grpc_telemetry::store::Store;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions, Postgres};
use sqlx::{ConnectOptions, Connection};

use super::migrations;
use super::open::{Config, OpenError};
use super::params;
use super::pool_health::PoolHealth;
use super::sql;
use super::sql_repository::SqlRepository;

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
        &schema.map_err(|error| unreachable(&options, error.to_string()))?,
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
    let pending = migrations::pending(&migrations::postgres(), connection).await;
    pending.map_err(OpenError::History)
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
    let cause = match tokio::time::timeout(OPEN_LIMIT, PgConnection::connect_with(&options)).await {
        Ok(Ok(connection)) => return Ok(connection),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", OPEN_LIMIT.as_secs()),
    };
    Err(unreachable(&options, cause))
}

fn unreachable(options: &PgConnectOptions, cause: String) -> OpenError {
    let host = options.get_host();
    let port = options.get_port();
    let database = options.get_database().unwrap_or_default();
    OpenError::Unreachable {
        place: format!("{host}:{port}/{database}"),
        cause,
    }
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
