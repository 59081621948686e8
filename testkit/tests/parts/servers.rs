//! A server of one's own pauses, dies and comes back.

use std::time::Duration;

use sqlx::{Connection, Executor, PgConnection};
use testkit::{Postgres, Redis};

/// Far longer than a healthy server takes to answer, so that silence means that it is frozen.
const SILENCE: Duration = Duration::from_millis(300);

#[tokio::test]
async fn postgres_freezes_with_all_its_children_and_goes_on() {
    let server = Postgres::start().await;
    let mut connection = PgConnection::connect(&server.url()).await.unwrap();
    server.pause();
    {
        let query = connection.execute("SELECT 1");
        tokio::pin!(query);
        assert!(tokio::time::timeout(SILENCE, &mut query).await.is_err());
        server.resume();
        query.await.unwrap();
    }
}

#[tokio::test]
async fn postgres_recovers_what_was_committed_before_a_kill() {
    let mut server = Postgres::start().await;
    let url = server.url();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection
        .execute("CREATE TABLE kept AS SELECT 42 AS answer")
        .await
        .unwrap();
    server.kill();
    assert!(connection.execute("SELECT 1").await.is_err());
    server.restart().await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let answer: i32 = sqlx::query_scalar("SELECT answer FROM kept")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(answer, 42);
}

#[tokio::test]
async fn a_dropped_postgres_is_gone_even_when_it_was_paused() {
    let server = Postgres::start().await;
    let url = server.url();
    server.pause();
    drop(server);
    assert!(PgConnection::connect(&url).await.is_err());
}

#[tokio::test]
async fn redis_comes_back_empty_on_the_same_port() {
    let mut server = Redis::start().await;
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    redis::cmd("SET")
        .arg("key")
        .arg("value")
        .exec(&mut connection)
        .unwrap();
    server.kill();
    assert!(client.get_connection().is_err());
    server.restart().await;
    let mut connection = client.get_connection().unwrap();
    assert_eq!(
        redis::cmd("DBSIZE").query::<u64>(&mut connection).unwrap(),
        0
    );
    server.pause();
    connection.set_read_timeout(Some(SILENCE)).unwrap();
    assert!(redis::cmd("PING").exec(&mut connection).is_err());
    server.resume();
    let mut connection = client.get_connection().unwrap();
    redis::cmd("PING").exec(&mut connection).unwrap();
}
