//! Tests that share a server don't see each other.

use std::collections::HashSet;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use testkit::{Database, redis_database};

async fn count_databases_named(name: &str) -> i64 {
    let server = std::env::var("TEST_DATABASE_URL").unwrap();
    let mut connection = PgConnection::connect(&server).await.unwrap();
    sqlx::query_scalar("SELECT count(*) FROM pg_database WHERE datname = $1")
        .bind(name)
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn each_database_is_empty_and_alone() {
    let (one, other) = tokio::join!(Database::create(), Database::create());
    for database in [&one, &other] {
        let mut connection = PgConnection::connect(database.url()).await.unwrap();
        // It would fail for the second one if the two were the same.
        connection
            .execute("CREATE TABLE users (id bigint)")
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_database_is_dropped_under_an_open_connection() {
    let database = Database::create().await;
    let name = database.url().rsplit('/').next().unwrap().to_owned();
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    assert_eq!(count_databases_named(&name).await, 1);
    drop(database);
    assert_eq!(count_databases_named(&name).await, 0);
    assert!(
        connection
            .execute(AssertSqlSafe("SELECT 1".to_owned()))
            .await
            .is_err()
    );
}

#[test]
fn each_redis_database_is_empty_and_alone() {
    let databases: Vec<_> = (0..5).map(|_| redis_database()).collect();
    let urls: HashSet<&str> = databases.iter().map(|it| it.url()).collect();
    assert_eq!(urls.len(), databases.len());
    for database in &databases {
        let mut connection = redis::Client::open(database.url())
            .unwrap()
            .get_connection()
            .unwrap();
        assert_eq!(
            redis::cmd("DBSIZE").query::<u64>(&mut connection).unwrap(),
            0
        );
        redis::cmd("SET")
            .arg("key")
            .arg("value")
            .exec(&mut connection)
            .unwrap();
    }
}

#[test]
fn a_redis_database_is_given_back_empty() {
    let database = redis_database();
    let url = database.url().to_owned();
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    redis::cmd("SET")
        .arg("key")
        .arg("value")
        .exec(&mut connection)
        .unwrap();
    drop(database);
    assert_eq!(
        redis::cmd("DBSIZE").query::<u64>(&mut connection).unwrap(),
        0
    );
}
