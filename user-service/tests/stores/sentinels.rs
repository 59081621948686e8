//! A Redis that sentinels watch: the cache follows its master.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{Commands, Connection};
use testkit::sizes::report;
use testkit::{Redis, Sentinel};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use user_service::cache::RedisCache;
use user_service::domain::{User, UserRepository};
use user_service::repository::CachedRepository;
use user_service::secret::Secret;

use crate::behaviour::create;
use crate::stores::{sqlite_bare, ttl};

const LIMIT: Duration = Duration::from_secs(20);

fn connection(redis: &Redis) -> Connection {
    let client = redis::Client::open(redis.url()).unwrap();
    client.get_connection().unwrap()
}

/// By a connection of its own: a server that is promoted closes those it has.
fn knows(redis: &Redis, user: &User) -> bool {
    let keys: Vec<String> = connection(redis)
        .keys(format!("user:*:{}", user.id.get()))
        .unwrap();
    !keys.is_empty()
}

async fn eventually(mut is: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(LIMIT, waiting).await.unwrap();
}

/// A replica of `master`, once it has all of it.
async fn replica(master: &Redis) -> Redis {
    let replica = Redis::start().await;
    let mut operator = connection(&replica);
    let mut command = redis::cmd("REPLICAOF");
    command.arg("127.0.0.1").arg(master.port());
    command.exec(&mut operator).unwrap();
    let up = async || {
        let info: String = redis::cmd("INFO").query(&mut operator).unwrap();
        info.contains("master_link_status:up")
    };
    eventually(up).await;
    replica
}

/// The replicas that `sentinel` has found.
fn replicas(sentinel: &Sentinel) -> usize {
    let client = redis::Client::open(sentinel.url()).unwrap();
    let mut command = redis::cmd("SENTINEL");
    command.arg("REPLICAS").arg("users");
    let found: Vec<redis::Value> = command
        .query(&mut client.get_connection().unwrap())
        .unwrap();
    found.len()
}

/// How a master stops being one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ends {
    Dies,
    FallsSilent,
    /// By an operator's command; it lives on as a replica, which rejects writes.
    IsDemoted,
}

/// Whether the sentinel has begun to; it has to know the replica well before.
fn demotes(sentinel: &Sentinel) -> bool {
    let client = redis::Client::open(sentinel.url()).unwrap();
    let mut command = redis::cmd("SENTINEL");
    command.arg("FAILOVER").arg("users");
    command.exec(&mut client.get_connection().unwrap()).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn cache_follows_the_master_that_sentinels_name_and_no_call_fails() {
    for ends in [Ends::Dies, Ends::FallsSilent, Ends::IsDemoted] {
        let mut master = Redis::start().await;
        let replica = replica(&master).await;
        let sentinel = Sentinel::start("users", &master).await;
        eventually(async || replicas(&sentinel) == 1).await;
        // The first one is not there.
        let url = format!(
            "redis+sentinel://127.0.0.1:1,{}/users/0",
            sentinel.address()
        );
        let cache = RedisCache::open(&Secret::new(url), ttl()).await.unwrap();
        let store = sqlite_bare().await;
        let users: Arc<dyn UserRepository> = Arc::new(CachedRepository::new(
            Arc::clone(&store.users),
            Arc::new(cache),
        ));
        let ada = create(&users, &format!("ada-{ends:?}@example.com")).await;
        assert!(knows(&master, &ada));

        let (stop, stopped) = watch::channel(false);
        let reading = {
            let users = Arc::clone(&users);
            AbortOnDropHandle::new(tokio::spawn(async move {
                let mut calls = 0;
                while !*stopped.borrow() {
                    assert!(users.get(ada.id).await.unwrap().is_some());
                    calls += 1;
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                calls
            }))
        };
        let started = Instant::now();
        match ends {
            Ends::Dies => master.kill(),
            Ends::FallsSilent => master.pause(),
            Ends::IsDemoted => eventually(async || demotes(&sentinel)).await,
        }
        let mut number = 0;
        eventually(async || {
            number += 1;
            let email = format!("{number}-{ends:?}@example.com");
            let user = create(&users, &email).await;
            knows(&replica, &user)
        })
        .await;
        let back = started.elapsed();
        stop.send_replace(true);
        let calls = reading.await.unwrap();
        report(
            5,
            &format!(
                "a master of Redis, {ends:?}: 0 of {calls} calls failed, cached again after {back:.1?}"
            ),
        );
        if ends == Ends::FallsSilent {
            master.resume();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sentinels_may_have_a_password_of_their_own() {
    let master = Redis::start().await;
    let sentinel = Sentinel::start_with_password("users", &master, "of-sentinels").await;
    let address = sentinel.address();
    let url = format!("redis+sentinel://{address}/users/0?sentinel_password=of-sentinels");

    let cache = RedisCache::open(&Secret::new(url), ttl()).await.unwrap();

    let store = sqlite_bare().await;
    let users: Arc<dyn UserRepository> = Arc::new(CachedRepository::new(
        Arc::clone(&store.users),
        Arc::new(cache),
    ));
    let mut number = 0;
    eventually(async || {
        number += 1;
        let user = create(&users, &format!("own-{number}@example.com")).await;
        knows(&master, &user)
    })
    .await;
}
