#![expect(clippy::unwrap_used, reason = "tests")]

use std::io;

use sqlx::sqlite::{Sqlite, SqlitePool, SqlitePoolOptions};

use super::*;

/// A pool with one connection, and what is kept of it.
fn one() -> (SqlitePool, KeptConnections<Sqlite>, PoolHealth) {
    let pool = SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect_lazy("sqlite::memory:").unwrap();
    let health = PoolHealth::default();
    let kept = KeptConnections::new(health.clone(), TaskTracker::new());
    (pool, kept, health)
}

async fn taken(pool: &SqlitePool) -> Taken<Sqlite> {
    Taken::now(pool.acquire().await.unwrap())
}

#[tokio::test]
async fn the_next_statement_gets_the_connection() {
    let (pool, kept, _) = one();
    kept.keep(taken(&pool).await);
    assert_eq!(kept.count()(), 1);
    assert!(kept.take().is_ok());
    assert_eq!(kept.count()(), 0);
}

#[tokio::test]
async fn who_waits_for_the_pool_gets_it_at_once() {
    let (pool, kept, _) = one();
    let taken_before = taken(&pool).await;
    let waiting = kept.take();
    assert!(waiting.is_err());
    kept.keep(taken_before);
    assert_eq!(kept.count()(), 0);
    drop(taken(&pool).await);
}

#[tokio::test]
async fn after_another_one_broke_it_goes_back_to_the_pool() {
    let (pool, kept, health) = one();
    kept.keep(taken(&pool).await);
    health.notice(&sqlx::Error::Io(io::ErrorKind::ConnectionReset.into()));
    assert!(kept.take().is_err());
    drop(taken(&pool).await);
}

#[tokio::test]
async fn without_statements_it_goes_back_to_the_pool() {
    let (pool, kept, _) = one();
    let _returning = kept.keep_returning();
    kept.keep(taken(&pool).await);
    drop(taken(&pool).await);
    assert_eq!(kept.count()(), 0);
}

#[tokio::test]
async fn closed_with_its_pool_it_keeps_none() {
    let (pool, kept, _) = one();
    kept.keep(taken(&pool).await);
    let closing = pool.close();
    kept.close();
    closing.await;
    assert_eq!(pool.size(), 0);
}
