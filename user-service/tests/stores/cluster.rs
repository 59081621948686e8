//! A Redis Cluster: the cache follows its nodes and its slots, and no call fails.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::Commands;
use redis::cluster::{ClusterClientBuilder, ClusterConnection};
use testkit::certificates::Authority;
use testkit::sizes::report;
use testkit::users::{new_user, plain_client};
use testkit::{RedisCluster, UserService};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use user_service::cache::RedisCache;
use user_service::domain::{User, UserRepository};
use user_service::repository::CachedRepository;
use user_service::secret::Secret;

use crate::behaviour::create;
use crate::stores::{Store, sqlite_bare, ttl};

const LIMIT: Duration = Duration::from_secs(60);

/// Users whose keys are on all nodes.
const USERS: usize = 40;

fn connection(cluster: &RedisCluster) -> ClusterConnection {
    let url = cluster.url().replace("redis+cluster://", "");
    let nodes = url.split(',').map(|node| format!("redis://{node}"));
    let second = Duration::from_secs(1);
    // By default it waits for minutes.
    let client = ClusterClientBuilder::new(nodes.collect::<Vec<_>>())
        .retries(2)
        .min_retry_wait(10)
        .max_retry_wait(100)
        .connection_timeout(second)
        .response_timeout(second)
        .build();
    client.unwrap().get_connection().unwrap()
}

fn key(user: &User) -> String {
    format!("user:v1:{}", user.id.get())
}

fn knows(connection: &mut ClusterConnection, user: &User) -> bool {
    connection.exists(key(user)).unwrap_or(false)
}

/// A repository with its cache in `cluster`, and its database.
async fn cached(cluster: &RedisCluster) -> (Arc<dyn UserRepository>, Store) {
    let cache = RedisCache::open(&Secret::new(cluster.url()), ttl())
        .await
        .unwrap();
    let store = sqlite_bare().await;
    let users = CachedRepository::new(Arc::clone(&store.users), Arc::new(cache));
    (Arc::new(users), store)
}

/// Creates users until [`USERS`] in a row are cached, and returns these.
async fn create_until_cached(
    users: &Arc<dyn UserRepository>,
    cluster: &RedisCluster,
    name: &str,
) -> Vec<User> {
    let mut cached = Vec::new();
    let mut number = 0;
    let creating = async {
        while cached.len() < USERS {
            number += 1;
            let user = create(users, &format!("{name}{number}@example.com")).await;
            match knows(&mut connection(cluster), &user) {
                true => cached.push(user),
                false => cached.clear(),
            }
        }
    };
    tokio::time::timeout(LIMIT, creating).await.unwrap();
    cached
}

/// Reads `known` one by one and as a list until `stopped`; returns the number of calls.
fn read(
    users: &Arc<dyn UserRepository>,
    known: &[User],
    stopped: watch::Receiver<bool>,
) -> AbortOnDropHandle<u64> {
    let (users, ids) = (Arc::clone(users), known.iter().map(|it| it.id));
    let ids: Vec<_> = ids.collect();
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut calls = 0;
        while !*stopped.borrow() {
            for &id in &ids {
                assert!(users.get(id).await.unwrap().is_some());
            }
            assert_eq!(users.get_many(&ids).await.unwrap().len(), ids.len());
            calls += ids.len() as u64 + 1;
            // The pace of the load; the test ends by `stopped`.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        calls
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_while_a_master_of_a_cluster_dies_and_its_replica_takes_over() {
    let mut cluster = RedisCluster::start().await;
    let (users, _store) = cached(&cluster).await;
    let known = create_until_cached(&users, &cluster, "before").await;
    let (stop, stopped) = watch::channel(false);
    let reading = read(&users, &known, stopped);
    let started = Instant::now();

    cluster.kill(0);

    create_until_cached(&users, &cluster, "after").await;
    let back = started.elapsed();
    stop.send_replace(true);
    let calls = reading.await.unwrap();
    report(
        5,
        &format!(
            "a master of a Redis Cluster dies: 0 of {calls} calls failed, all cached again after {back:.1?}"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn password_is_sent_to_all_nodes_of_a_cluster() {
    let cluster = RedisCluster::start().await;
    cluster.want_password("of-all-nodes");
    let with_password = |url: String| url.replace("://", "://:of-all-nodes@");
    let url = with_password(cluster.url());
    let cache = RedisCache::open(&Secret::new(url), ttl()).await.unwrap();
    let store = sqlite_bare().await;
    let users: Arc<dyn UserRepository> = Arc::new(CachedRepository::new(
        Arc::clone(&store.users),
        Arc::new(cache),
    ));

    for number in 0..USERS {
        create(&users, &format!("{number}@example.com")).await;
    }

    for master in cluster.masters() {
        assert!(keys(&with_password(master)) > 0);
    }
}

/// How many keys the node at `url` has.
fn keys(url: &str) -> usize {
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_connection().unwrap();
    redis::cmd("DBSIZE").query(&mut connection).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn cluster_is_used_over_tls() {
    let authority = Authority::new("a test");
    let cluster = RedisCluster::start_with_tls(&authority).await;
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("ca.pem");
    std::fs::write(&trusted, authority.pem()).unwrap();
    let service = UserService::start(&[
        ("REDIS_URL", &cluster.tls_url()),
        // What the system trusts.
        ("SSL_CERT_FILE", trusted.to_str().unwrap()),
        ("OTEL_SDK_DISABLED", "true"),
    ])
    .await;
    let mut client = plain_client(service.grpc_url()).await;

    let all_have_keys = async {
        loop {
            client.create_user(new_user()).await.unwrap();
            if cluster.masters().iter().all(|master| keys(master) > 0) {
                return;
            }
        }
    };

    tokio::time::timeout(LIMIT, all_have_keys).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_while_slots_of_a_cluster_move() {
    let cluster = RedisCluster::start().await;
    let (users, _store) = cached(&cluster).await;
    let known = create_until_cached(&users, &cluster, "before").await;
    let (stop, stopped) = watch::channel(false);
    let reading = read(&users, &known, stopped);

    // The slots of the first master move to the second.
    let mut first = redis::Client::open(cluster.masters()[0].as_str()).unwrap();
    let mut moved = 0;
    for user in &known {
        let mut slot = redis::cmd("CLUSTER");
        let slot: usize = slot
            .arg("KEYSLOT")
            .arg(key(user))
            .query(&mut first)
            .unwrap();
        let is_there: redis::RedisResult<bool> = first.exists(key(user));
        if is_there.is_ok() {
            cluster.move_slot(slot, 0, 1);
            moved += 1;
        }
    }

    create_until_cached(&users, &cluster, "after").await;
    stop.send_replace(true);
    let calls = reading.await.unwrap();
    assert!(moved > 0);
    let mut connection = connection(&cluster);
    assert!(known.iter().all(|user| knows(&mut connection, user)));
    report(
        5,
        &format!("{moved} slots of a Redis Cluster move: 0 of {calls} calls failed"),
    );
}
