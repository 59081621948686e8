//! Times that are measured, not read off the clock: they hold while the clock jumps.

use std::time::{Duration, Instant};

use redis::{Client, Commands};
use sqlx::{Connection, PgConnection};
use testkit::{Database, RedisDatabase, TableLock, UserService, redis_database};
use tonic::Code;
use user_client::client::UserClient;
use user_proto::v1::GetUserRequest;

use super::World;
use crate::cache::key;
use crate::support::client;
use testkit::sizes::{eventually, report, size};
use testkit::users::{new_user, plain_client};

const HOUR: i64 = 3600;
/// How long users are cached, give or take a tenth.
const TTL: Duration = Duration::from_secs(3);
/// The same for "no such user", which is never kept for longer than 2 s.
const ABSENCE: Duration = Duration::from_secs(2);
const SLACK: Duration = Duration::from_secs(2);

/// Gives the user another name behind the back of the service, as nothing else could.
async fn rename(database: &Database, user: i64, name: &str) {
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let renamed = sqlx::query("UPDATE users SET name = $1 WHERE id = $2")
        .bind(name)
        .bind(user)
        .execute(&mut connection)
        .await
        .unwrap();
    assert_eq!(renamed.rows_affected(), 1);
}

/// Reads the user, lets the clock jump by so many seconds, and returns how long the
/// service went on to tell what it had read.
async fn life_of_an_entry(
    world: &World,
    caller: &UserClient,
    database: &Database,
    seconds: i64,
) -> Duration {
    world.set(0, 0);
    let user = caller.create(new_user()).await.unwrap();
    let read = Instant::now();
    let before = caller.get(user).await.unwrap().name;
    rename(database, user, "Grace Hopper").await;
    world.set(seconds, 0);
    eventually("the entry ends", TTL + SLACK, async || {
        caller.get(user).await.unwrap().name != before
    })
    .await;
    read.elapsed()
}

/// The same for the absence of the next user, whom another replica then creates.
async fn life_of_an_absence(
    world: &World,
    caller: &UserClient,
    other: &UserClient,
    seconds: i64,
) -> Duration {
    world.set(0, 0);
    let next = other.create(new_user()).await.unwrap() + 1;
    let asked = Instant::now();
    let absent = caller.get(next).await.unwrap_err();
    assert_eq!(absent.code, Some(Code::NotFound));
    assert_eq!(other.create(new_user()).await.unwrap(), next);
    world.set(seconds, 0);
    eventually("the absence ends", ABSENCE + SLACK, async || {
        caller.get(next).await.is_ok()
    })
    .await;
    asked.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn cached_users_and_absences_live_as_long_as_they_should_while_the_clock_jumps() {
    let rounds = size(1, 5);
    let (world, database) = (World::new(), Database::create().await);
    let variables = [
        ("DATABASE_URL", database.url()),
        ("CACHE_TTL", "3s"),
        ("OTEL_SDK_DISABLED", "true"),
    ];
    let service = world.service(&variables).await;
    let other = UserService::start(&variables).await;
    let caller = client(service.grpc_url(), SLACK * 5);
    let other = client(other.grpc_url(), SLACK * 5);
    for seconds in [HOUR, -HOUR].repeat(rounds) {
        // The entry is a little older than the read, as it came with the creation.
        let entry = life_of_an_entry(&world, &caller, &database, seconds).await;
        assert!(entry + SLACK / 10 > TTL.mul_f64(0.9), "{entry:?}");
        let absence = life_of_an_absence(&world, &caller, &other, seconds).await;
        assert!(absence > ABSENCE.mul_f64(0.9), "{absence:?}");
    }
    report(
        34,
        &format!(
            "{} cached users and as many absences while the clock jumped by an hour: 0 expired at a wrong time",
            2 * rounds
        ),
    );
}

/// How long Redis keeps it, by Redis's own clock.
fn kept(cache: &RedisDatabase, user: i64) -> Option<Duration> {
    let client = Client::open(cache.url()).unwrap();
    let mut redis = client.get_connection().unwrap();
    let milliseconds: i64 = redis.pttl(key(user)).unwrap();
    u64::try_from(milliseconds).ok().map(Duration::from_millis)
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_ttl_is_relative_not_absolute() {
    let (world, database, cache) = (World::new(), Database::create().await, redis_database());
    let service = world
        .service(&[
            ("DATABASE_URL", database.url()),
            ("REDIS_URL", cache.url()),
            ("CACHE_TTL", "60s"),
            ("OTEL_SDK_DISABLED", "true"),
        ])
        .await;
    let caller = client(service.grpc_url(), SLACK * 5);
    for seconds in [HOUR, -HOUR] {
        world.set(seconds, 0);
        // Redis may be too slow to be told on a machine that compiles.
        eventually("Redis is told", SLACK * 5, async || {
            let user = caller.create(new_user()).await.unwrap();
            let kept = kept(&cache, user);
            assert!(
                kept.is_none_or(|it| it > SLACK * 10 && it < SLACK * 33),
                "{kept:?}"
            );
            kept.is_some()
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deadlines_hold_while_the_clock_jumps() {
    const DEADLINE: Duration = Duration::from_millis(500);
    let rounds = size(1, 10);
    let (world, database) = (World::new(), Database::create().await);
    let service = world
        .service(&[
            ("DATABASE_URL", database.url()),
            ("CACHE_TTL", "0s"),
            // The service's own timer is to be the first.
            ("UNARY_TIMEOUT", "500ms"),
            ("OTEL_SDK_DISABLED", "true"),
        ])
        .await;
    let user = client(service.grpc_url(), SLACK).create(new_user()).await;
    let user_id = user.unwrap();
    let mut grpc = plain_client(service.grpc_url()).await;
    for seconds in [HOUR, -HOUR].repeat(rounds) {
        world.set(0, 0);
        let mut lock = TableLock::on_users(&database).await;
        let begun = Instant::now();
        let (status, ()) = tokio::join!(grpc.get_user(GetUserRequest { user_id }), async {
            lock.wait_for_a_statement().await;
            world.set(seconds, 0);
        });
        let (status, took) = (status.unwrap_err(), begun.elapsed());
        assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
        assert!(took + SLACK / 100 > DEADLINE, "{took:?}");
        assert!(took < DEADLINE + SLACK, "{took:?}");
        drop(lock);
        eventually("reads work", SLACK * 2, async || {
            grpc.get_user(GetUserRequest { user_id }).await.is_ok()
        })
        .await;
    }
    report(
        34,
        &format!(
            "{} calls with a deadline of {DEADLINE:?} during which the clock jumped: 0 ended at a wrong time",
            2 * rounds
        ),
    );
}
