//! What the cache in Redis promises, against a real Redis.

use std::sync::Arc;
use std::time::{Duration, Instant};

use testkit::{FaultProxy, Mode, redis_database};
use user_service::cache::{Cached, RedisCache, UserCache};
use user_service::domain::{Created, NewUser, UncheckedUser, User, UserId, UserRepository};
use user_service::repository::CachedRepository;
use user_service::secret::Secret;

use crate::stores::{sqlite_bare, ttl};

fn user(id: i64) -> User {
    User {
        id: UserId::new(id).unwrap(),
        name: "Ada".into(),
        email: "ada@example.com".into(),
        phone: None,
        created_at: 1,
    }
}

async fn open(url: &str) -> RedisCache {
    RedisCache::open(&Secret::new(url), ttl()).await.unwrap()
}

async fn connect(url: &str) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(url).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

#[tokio::test]
async fn what_one_replica_keeps_another_finds() {
    let redis = redis_database();
    let (one, other) = (open(redis.url()).await, open(redis.url()).await);

    one.put(vec![user(7)]).await;

    assert_eq!(
        other.get(&[user(7).id]).await,
        [Some(Cached::User(user(7)))]
    );
}

#[tokio::test]
async fn entries_have_a_name_and_a_time_to_live() {
    let redis = redis_database();
    open(redis.url()).await.put(vec![user(7)]).await;

    let mut connection = connect(redis.url()).await;
    let milliseconds: i64 = redis::cmd("PTTL")
        .arg("user:v1:7")
        .query_async(&mut connection)
        .await
        .unwrap();

    assert!((59_000..=60_000).contains(&milliseconds), "{milliseconds}");
}

#[tokio::test]
async fn absence_never_hides_a_user() {
    let redis = redis_database();
    let cache = open(redis.url()).await;
    cache.put(vec![user(7)]).await;

    cache.put_absent(&[user(7).id]).await;

    assert_eq!(
        cache.get(&[user(7).id]).await,
        [Some(Cached::User(user(7)))]
    );
}

#[tokio::test]
async fn an_entry_that_is_not_valid_is_a_miss_and_goes_away() {
    let redis = redis_database();
    let cache = open(redis.url()).await;
    cache.put(vec![user(8)]).await;
    let mut connection = connect(redis.url()).await;
    // The entry of user 8 under the key of user 7.
    let swapped: bool = redis::cmd("COPY")
        .arg("user:v1:8")
        .arg("user:v1:7")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert!(swapped);

    assert_eq!(cache.get(&[user(7).id]).await, [None]);

    let left: i64 = redis::cmd("EXISTS")
        .arg("user:v1:7")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn two_formats_do_not_see_each_others_entries() {
    let redis = redis_database();
    let cache = open(redis.url()).await;
    cache.put(vec![user(7)]).await;
    let mut connection = connect(redis.url()).await;
    let [key]: [String; 1] = keys(&mut connection).await.try_into().unwrap();
    let entry: Vec<u8> = redis::cmd("GET")
        .arg(&key)
        .query_async(&mut connection)
        .await
        .unwrap();
    // The entry that a replica of the next release stores, whose format is another one.
    let format = entry[0] + 1;
    let theirs = format!("user:v{format}:7");
    let _: () = redis::cmd("SET")
        .arg(&theirs)
        .arg([&[format], &entry[1..]].concat())
        .query_async(&mut connection)
        .await
        .unwrap();

    let found = cache.get(&[user(7).id]).await;

    assert_eq!(key, format!("user:v{}:7", entry[0]));
    assert_eq!(found, [Some(Cached::User(user(7)))]);
    assert!(keys(&mut connection).await.contains(&theirs));
}

async fn keys(connection: &mut redis::aio::MultiplexedConnection) -> Vec<String> {
    let keys = redis::cmd("KEYS").arg("*").query_async(connection).await;
    keys.unwrap()
}

#[tokio::test]
async fn a_value_of_another_type_is_a_miss() {
    let redis = redis_database();
    let cache = open(redis.url()).await;
    let mut connection = connect(redis.url()).await;
    let _: () = redis::cmd("RPUSH")
        .arg("user:v1:7")
        .arg("x")
        .query_async(&mut connection)
        .await
        .unwrap();

    assert_eq!(cache.get(&[user(7).id]).await, [None]);
}

#[tokio::test]
async fn unreachable_redis_fails_no_call() {
    let store = sqlite_bare().await;
    // Port 1 refuses.
    let cache = open("redis://127.0.0.1:1").await;
    let users = CachedRepository::new(store.users, Arc::new(cache));

    let created = users.create(vec![new_user()]).await.unwrap().pop();

    let Some(Created::User(created)) = created else {
        panic!("nobody else has the address");
    };
    assert!(users.get(created.id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_hung_redis_costs_a_few_calls_25_ms_and_the_others_nothing() {
    let redis = redis_database();
    let proxy = FaultProxy::in_front_of(redis.url()).await;
    let cache = open(proxy.url()).await;
    cache.put(vec![user(7)]).await;
    assert!(cache.get(&[user(7).id]).await[0].is_some());

    proxy.set(Mode::Hang);
    proxy.reset_all();
    let mut slow = 0;
    for _ in 0..100 {
        let started = Instant::now();
        assert_eq!(cache.get(&[user(7).id]).await, [None]);
        if started.elapsed() >= Duration::from_millis(20) {
            slow += 1;
        }
    }

    assert!(slow <= 5, "{slow} calls waited");
}

#[tokio::test]
async fn a_redis_that_comes_back_is_used_again() {
    let redis = redis_database();
    let proxy = FaultProxy::in_front_of(redis.url()).await;
    let cache = open(proxy.url()).await;
    cache.put(vec![user(7)]).await;
    proxy.set(Mode::Refuse);
    proxy.reset_all();
    while cache.get(&[user(7).id]).await[0].is_some() {}
    for _ in 0..10 {
        assert_eq!(cache.get(&[user(7).id]).await, [None]);
    }

    proxy.set(Mode::Pass);

    let back = async {
        while cache.get(&[user(7).id]).await[0].is_none() {
            tokio::task::yield_now().await;
        }
    };
    assert!(
        tokio::time::timeout(Duration::from_secs(5), back)
            .await
            .is_ok()
    );
}

fn new_user() -> NewUser {
    let unchecked = UncheckedUser {
        name: "Ada".into(),
        email: "ada@example.com".into(),
        phone: None,
        request_id: String::new(),
    };
    NewUser::try_from(unchecked).expect("it keeps the rules")
}
