//! PostgreSQL: how it is opened and migrated.

mod checks;
mod connect;
mod failover;
mod pooler;
mod url;

use std::io;
use std::time::Duration;

use grpc_telemetry::store::Store;
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions, Postgres};
use tokio::time::timeout;

use self::connect::{Found, PoolerMode};
use super::migrations;
use super::open::{Config, OpenError};
use super::params;
use super::pool_health::PoolHealth;
use super::sql;
use super::sql_repository::SqlRepository;

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
/// How long the account of the migrations may take: as long as a lock, and some more, as a
/// database that is hung does not even end the wait for it.
const HISTORY_LIMIT: Duration = Duration::from_secs(65);
const DEFAULT_PORT: u16 = 5432;

/// Opens PostgreSQL with its schema up to date.
pub(super) async fn open(config: &Config) -> Result<SqlRepository<Postgres>, OpenError> {
    let database = url::database(&config.url, "DATABASE_URL")?;
    if config.migrate && config.migration_url.is_some() {
        migrate(config).await?;
    }
    let Found {
        mut connection,
        way,
        options,
    } = database.find().await?;
    let pool_health = PoolHealth::default();
    let pool = pool(config.max_connections, &pool_health, way);
    let pool = pool.connect_lazy_with(failover::limited(options.clone(), way));
    // The first call would wait for a connection, whose opening takes as long as the checks.
    let first = async { Ok(pool.acquire().await.ok()) };
    let (schema, first) = tokio::try_join!(checked(config, &mut connection, way), first)?;
    // The migrations were looked at.
    pool_health.notice_success();
    let store = store(&options, &schema);
    let following = failover::follow(database, options, pool.clone(), pool_health.clone());
    let repository = SqlRepository::new(pool, store, sql::POSTGRES, params::POSTGRES, pool_health);
    let repository = repository.with_task(following);
    Ok(match first {
        Some(connection) => repository.with_connection(connection),
        // The next statement opens one, or says why it can't.
        None => repository,
    })
}

/// The schema of a database that is up to date, or is brought there if it may be, and fit for its use.
async fn checked(
    config: &Config,
    connection: &mut PgConnection,
    way: PoolerMode,
) -> Result<String, OpenError> {
    let pending = pending(connection).await?;
    if pending > 0 && !config.migrate {
        return Err(OpenError::Pending(pending));
    }
    apply(pending, connection, way).await?;
    let state = checks::state(connection).await;
    fit(state.map_err(OpenError::Check)?, way)
}

/// The schema of a database that is fit for its use.
fn fit(state: checks::State, way: PoolerMode) -> Result<String, OpenError> {
    if state.encoding != checks::ENCODING {
        return Err(OpenError::Encoding(state.encoding));
    }
    if let Some(missing) = state.missing_grants {
        return Err(OpenError::Grants(missing));
    }
    // A pooler that shares sessions passes on no limits.
    if way == PoolerMode::SharedSessions && !state.limits_statements {
        return Err(OpenError::Unlimited);
    }
    Ok(state.schema)
}

/// How connections are kept that come by `way`.
fn pool(max_connections: u32, pool_health: &PoolHealth, way: PoolerMode) -> PgPoolOptions {
    let judge = pool_health.clone();
    PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(ACQUIRE_LIMIT)
        .test_before_acquire(false)
        .before_acquire(move |connection, about| {
            let judge = judge.clone();
            Box::pin(async move { Ok(judge.allows(connection, about).await) })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move {
                match way {
                    PoolerMode::OwnSession => pooler::limit_session(connection, &LIMITS).await,
                    // The former were said at its start; the latter are of the database.
                    PoolerMode::Direct | PoolerMode::SharedSessions => Ok(()),
                }
            })
        })
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

/// Applies the migrations, if any is pending: to run none needs the right to make tables as well.
async fn apply(
    pending: usize,
    connection: &mut PgConnection,
    way: PoolerMode,
) -> Result<(), OpenError> {
    if pending == 0 {
        return Ok(());
    }
    if way == PoolerMode::SharedSessions {
        // The lock on migrations belongs to a session.
        return Err(OpenError::MigrationsByPooler(pending));
    }
    let migrator = migrations::postgres();
    Ok(migrator.run_direct(None, connection, false).await?)
}

/// Applies the pending migrations and returns how many there were.
pub(super) async fn migrate(config: &Config) -> Result<usize, OpenError> {
    let database = match &config.migration_url {
        Some(url) => url::database(url, "DATABASE_MIGRATION_URL")?,
        None => url::database(&config.url, "DATABASE_URL")?,
    };
    let Found {
        mut connection,
        way,
        ..
    } = database.find().await?;
    let pending = pending(&mut connection).await?;
    apply(pending, &mut connection, way).await?;
    Ok(pending)
}

/// What calls to the database by `options` are traced as.
fn store(options: &PgConnectOptions, schema: &str) -> Store {
    let database = options
        .get_database()
        .unwrap_or_else(|| options.get_username());
    let socket = url::socket(options);
    Store {
        system: "postgresql",
        // The conventions want database and schema.
        namespace: format!("{database}|{schema}").into(),
        port: match socket {
            // Its name ends with it.
            Some(_) => None,
            None => Some(options.get_port()).filter(|port| *port != DEFAULT_PORT),
        },
        address: Some(socket.map_or(options.get_host().into(), Into::into)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_address_is_the_host_or_the_path_of_the_socket() {
        let options = PgConnectOptions::new_without_pgpass();
        let tcp = store(&options.clone().host("db").port(5433), "public");
        assert_eq!(tcp.address.as_deref(), Some("db"));
        assert_eq!(tcp.port, Some(5433));
        let socket = store(
            &options.host("localhost").socket("/tmp").port(5433),
            "public",
        );
        assert_eq!(socket.address.as_deref(), Some("/tmp/.s.PGSQL.5433"));
        assert_eq!(socket.port, None);
    }
}
