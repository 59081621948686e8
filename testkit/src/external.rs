//! Checks of servers that the user names, before any test uses them.

use std::time::Duration;

use redis::{Client, InfoDict, RedisResult};
use sqlx::{Connection, PgConnection};
use xtask::programs::{POSTGRES_MINIMUM, REDIS_MINIMUM, Version};

/// How long a server may take to respond.
const LIMIT: Duration = Duration::from_secs(10);

/// Whether `TEST_DATABASE_URL` is set to a PostgreSQL that the tests can use.
///
/// # Errors
/// A sentence that says what is wrong with the server at `url` and what to do.
pub async fn check_postgres(url: &str) -> Result<(), String> {
    let found = tokio::time::timeout(LIMIT, postgres_version(url))
        .await
        .map_err(|_| format!("it doesn't answer within {LIMIT:?}"))
        .and_then(|answer| answer.map_err(|error| error.to_string()))
        .and_then(|version| at_least(POSTGRES_MINIMUM, version));
    found.map_err(|why| advice("PostgreSQL", "TEST_DATABASE_URL", &why))
}

/// Whether `TEST_REDIS_URL` is set to a Redis that the tests can use.
///
/// # Errors
/// A sentence that says what is wrong with the server at `url` and what to do.
pub fn check_redis(url: &str) -> Result<(), String> {
    let found = redis_version(url)
        .map_err(|error| error.to_string())
        .and_then(|version| version.ok_or_else(|| "it doesn't tell its version".to_owned()))
        .and_then(|version| at_least(REDIS_MINIMUM, version));
    found.map_err(|why| advice("Redis", "TEST_REDIS_URL", &why))
}

fn advice(server: &str, variable: &str, why: &str) -> String {
    format!(
        "can't use the {server} of {variable}: {why}; correct the variable, or unset it to get a throw-away server"
    )
}

fn at_least(minimum: Version, found: Version) -> Result<(), String> {
    if found >= minimum {
        return Ok(());
    }
    Err(format!(
        "it is version {found}, and the tests need {minimum} or newer"
    ))
}

async fn postgres_version(url: &str) -> Result<Version, sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    let number: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    let number = number.unsigned_abs();
    Ok(Version(number / 10_000, number % 10_000))
}

fn redis_version(url: &str) -> RedisResult<Option<Version>> {
    let mut connection = Client::open(url)?.get_connection_with_timeout(LIMIT)?;
    connection.set_read_timeout(Some(LIMIT))?;
    let info: InfoDict = redis::cmd("INFO").arg("server").query(&mut connection)?;
    let text: Option<String> = info.get("redis_version");
    Ok(text.as_deref().and_then(Version::parse))
}
