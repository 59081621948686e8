//! How a store is closed.

use std::time::Duration;

use testkit::{Database, FaultProxy, Mode};
use tokio::time::timeout;
use user_service::repository;

use crate::stores::config;

#[tokio::test]
async fn closing_does_not_wait_long_for_a_database_that_hangs() {
    let database = Database::create().await;
    let proxy = FaultProxy::in_front_of(database.url()).await;
    let users = repository::open(&config(proxy.url())).await.unwrap();
    assert!(users.page(0, 1).await.unwrap().is_empty());
    proxy.set(Mode::Hang);
    let abandoned = timeout(Duration::from_millis(100), users.page(0, 1)).await;
    assert!(abandoned.is_err(), "nothing passes the proxy");

    let closed = timeout(Duration::from_secs(2), users.close()).await;

    assert!(closed.is_ok());
}
