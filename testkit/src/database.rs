//! A database for one test, from servers that all tests share.

use std::env;

use redis::{Client, Connection as RedisConnection, ErrorKind, RedisResult};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use url::Url;
use uuid::Uuid;

/// In database 0 of Redis: the number of databases asked for so far.
const REDIS_COUNTER: &str = "testkit:databases";

/// In database 0 of Redis, followed by an index: the owner of that database.
const REDIS_CLAIM: &str = "testkit:claim:";

/// After this many seconds, the claim of a test that could not give it back ends.
const REDIS_CLAIM_SECONDS: u64 = 3600;

/// An empty PostgreSQL database, on the server that `TEST_DATABASE_URL` names.
/// It is dropped with this value, even with open connections.
#[derive(Debug)]
pub struct Database {
    server: String,
    url: String,
    name: String,
}

impl Database {
    /// Creates a database with a new name.
    ///
    /// # Panics
    /// If `TEST_DATABASE_URL` isn't set, or its user may not create databases.
    pub async fn create() -> Self {
        let server = server_url("TEST_DATABASE_URL");
        let name = format!("test_{}", Uuid::new_v4().simple());
        let mut url = Url::parse(&server).expect("TEST_DATABASE_URL is a URL");
        url.set_path(&name);
        // The name is made of our own letters and digits.
        execute(&server, format!("CREATE DATABASE {name}"))
            .await
            .unwrap_or_else(|error| {
                panic!("can't create a database by TEST_DATABASE_URL: {error}")
            });
        Self {
            server,
            url: url.into(),
            name,
        }
    }

    /// Its URL, with all that `TEST_DATABASE_URL` says of user and options.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many connections of its clients are in a statement or in a transaction now.
    ///
    /// # Panics
    /// If the server doesn't tell.
    pub async fn busy_connections(&self) -> i64 {
        let mut connection = PgConnection::connect(&self.server)
            .await
            .expect("the server answers");
        sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity \
             WHERE datname = $1 AND state <> 'idle' AND backend_type = 'client backend'",
        )
        .bind(&self.name)
        .fetch_one(&mut connection)
        .await
        .expect("every user may read it")
    }
}

impl Drop for Database {
    /// The statement needs a runtime, and the test's own may be ending: a thread has its own.
    fn drop(&mut self) {
        let server = self.server.clone();
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.map(|runtime| runtime.block_on(execute(&server, statement)))
        });
        // A server that a test has killed can't drop anything, and needs not.
        let _ = thread.join();
    }
}

async fn execute(server: &str, statement: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(server).await?;
    connection.execute(AssertSqlSafe(statement)).await?;
    connection.close().await
}

/// A Redis database that was empty when it was handed out, on the server that
/// `TEST_REDIS_URL` names. It is emptied and given back with this value.
#[derive(Debug)]
pub struct RedisDatabase {
    server: String,
    url: String,
    index: u64,
}

impl RedisDatabase {
    /// Its URL, ending in the index of the database.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for RedisDatabase {
    fn drop(&mut self) {
        // It was empty and has been ours alone since, so all in it is the test's.
        let _ = connect(&self.url).and_then(|mut own| redis::cmd("FLUSHDB").exec(&mut own));
        let claim = format!("{REDIS_CLAIM}{}", self.index);
        let _ =
            connect(&self.server).and_then(|mut zero| redis::cmd("DEL").arg(claim).exec(&mut zero));
    }
}

/// Takes a Redis database that no other test has, in this process or another.
/// One that holds anything is never handed out.
///
/// # Panics
/// If `TEST_REDIS_URL` isn't set, or its server has no empty database left.
pub fn redis_database() -> RedisDatabase {
    let mut server = Url::parse(&server_url("TEST_REDIS_URL")).expect("TEST_REDIS_URL is a URL");
    server.set_path("");
    claim_database(&server).unwrap_or_else(|error| {
        panic!("can't take a database of the server of TEST_REDIS_URL: {error}")
    })
}

fn claim_database(server: &Url) -> RedisResult<RedisDatabase> {
    let mut zero = connect(server.as_str())?;
    // Database 0 holds the claims, so it is never handed out.
    let databases = count_databases(&mut zero)?.saturating_sub(1);
    for _ in 0..databases {
        let count: u64 = redis::cmd("INCR").arg(REDIS_COUNTER).query(&mut zero)?;
        let index = 1 + count % databases;
        if !claim(&mut zero, index)? {
            continue;
        }
        let mut url = server.clone();
        url.set_path(&index.to_string());
        let keys: u64 = redis::cmd("DBSIZE").query(&mut connect(url.as_str())?)?;
        if keys == 0 {
            return Ok(RedisDatabase {
                server: server.to_string(),
                url: url.into(),
                index,
            });
        }
        redis::cmd("DEL")
            .arg(format!("{REDIS_CLAIM}{index}"))
            .exec(&mut zero)?;
    }
    Err((ErrorKind::Client, "it has no empty database left").into())
}

fn claim(zero: &mut RedisConnection, index: u64) -> RedisResult<bool> {
    let answer: Option<String> = redis::cmd("SET")
        .arg(format!("{REDIS_CLAIM}{index}"))
        .arg(std::process::id())
        .arg("NX")
        .arg("EX")
        .arg(REDIS_CLAIM_SECONDS)
        .query(zero)?;
    Ok(answer.is_some())
}

fn count_databases(zero: &mut RedisConnection) -> RedisResult<u64> {
    let (_, count): (String, u64) = redis::cmd("CONFIG")
        .arg("GET")
        .arg("databases")
        .query(zero)?;
    Ok(count)
}

fn connect(url: &str) -> RedisResult<RedisConnection> {
    Client::open(url)?.get_connection()
}

fn server_url(variable: &str) -> String {
    match env::var(variable) {
        Ok(url) if !url.is_empty() => url,
        _ => panic!(
            "{variable} isn't set: run the tests with `cargo xtask test`, or set it to a server that tests may use"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{claim_database, connect};
    use crate::Redis;
    use url::Url;

    #[tokio::test]
    async fn a_redis_database_with_anything_in_it_is_neither_handed_out_nor_emptied() {
        let server = Redis::start().await;
        let filled: Vec<String> = (1..=1020)
            .map(|index| format!("{}/{index}", server.url()))
            .collect();
        for url in &filled {
            let mut connection = connect(url).unwrap();
            redis::cmd("SET")
                .arg("theirs")
                .arg("precious")
                .exec(&mut connection)
                .unwrap();
        }
        let zero = Url::parse(&server.url()).unwrap();
        // 1 to 1023 are there to be had, and three of them are empty.
        let claimed: Vec<_> = (0..3).map(|_| claim_database(&zero).unwrap()).collect();
        assert!(
            claimed
                .iter()
                .all(|it| !filled.iter().any(|url| url == it.url()))
        );
        let error = claim_database(&zero).unwrap_err().to_string();
        assert!(error.contains("no empty database left"), "{error}");
        drop(claimed);
        for url in &filled {
            let keys: u64 = redis::cmd("DBSIZE")
                .query(&mut connect(url).unwrap())
                .unwrap();
            assert_eq!(keys, 1, "{url}");
        }
        assert!(claim_database(&zero).is_ok());
    }
}
