//! Entries of Redis that are wrong: none is served, and none fails a call.

use std::time::Duration;

use prost::Message;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use redis::{Commands, Connection};
use testkit::UserService;
use testkit::load::steady;
use testkit::sizes::{random, report, size};
use tokio::task::JoinSet;
use user_proto::v1::User;

use super::{is_used, key, redis};
use crate::support::{METRICS_ONLY, client, metric, proxied, reason, redis_errors, redis_given_up};

#[tokio::test(flavor = "multi_thread")]
async fn a_poisoned_entry_is_never_served() {
    const USERS: usize = 10;
    let each = size(50, 10_000);
    let env = proxied(&METRICS_ONLY).await;
    let client = client(env.url(), Duration::from_secs(10));
    let mut users: Vec<User> = Vec::new();
    for _ in 0..USERS {
        let id = env.a_user().await;
        users.push(client.get(id).await.unwrap());
    }
    let entry = |user: &User| redis(&env).get(key(user.id)).unwrap();
    let entries: Vec<Vec<u8>> = users.iter().map(entry).collect();
    let before = LookUps::read(&env.service).await;
    let given_up_before = redis_given_up(&env.service).await;
    let mut random = random();
    let mut readers = JoinSet::new();
    for (index, user) in users.into_iter().enumerate() {
        let mut random = StdRng::from_rng(&mut random);
        let (mut redis, client) = (redis(&env), client.clone());
        let own = entries[index].clone();
        let foreign = entries[(index + 1) % USERS].clone();
        readers.spawn(async move {
            let mut lists = 0;
            for number in 0..each {
                lists += usize::from(poison(&mut redis, &own, &foreign, &user, &mut random));
                let answer = client.get(user.id).await.unwrap();
                assert_eq!(answer, user, "after mutation {number}");
            }
            lists
        });
    }
    let lists: usize = readers.join_all().await.into_iter().sum();
    let count = each * USERS;
    let look_ups = LookUps::read(&env.service).await.since(&before);
    let left_behind = redis_given_up(&env.service).await - given_up_before;
    let LookUps {
        met,
        passed_over,
        given_up,
        unmet,
    } = look_ups;
    // One lookup after each mutation. It finds a right entry, or none, only where a
    // command, of all readers at most, was given up before and carried out later, or
    // where it is one of several: to those a list is no entry.
    assert_eq!(
        met + passed_over + given_up + unmet,
        count as f64,
        "{look_ups:?}"
    );
    assert!(
        unmet <= left_behind * USERS as f64 + lists as f64,
        "{look_ups:?}, {lists} lists"
    );
    assert!(met * 2.0 > count as f64, "{look_ups:?}");
    report(
        6,
        &format!(
            "{count} entries mutated, one look-up each: {met} met it, {given_up} were given up, {passed_over} passed Redis over, {unmet} found a list ({lists} were) or what a command had left that was given up before: 0 wrong answers, 0 failed calls"
        ),
    );
}

/// What lookups came to, by the service's own count.
#[derive(Debug)]
struct LookUps {
    /// They found something that is no valid entry.
    met: f64,
    /// Redis was not asked.
    passed_over: f64,
    /// Redis did not respond in time.
    given_up: f64,
    /// They found a valid entry, or none.
    unmet: f64,
}

impl LookUps {
    async fn read(service: &UserService) -> Self {
        let of = async |result: &str| {
            let label = format!(r#"cache_result="{result}""#);
            metric(service, "user_service_cache_requests_total", &[&label]).await
        };
        // Redis itself refuses to read what is of another type.
        let refused = redis_errors(service, "WRONGTYPE").await;
        Self {
            met: of("stale").await + refused,
            passed_over: of("bypass").await,
            given_up: of("error").await - refused,
            unmet: of("hit").await + of("miss").await,
        }
    }

    fn since(self, before: &Self) -> Self {
        Self {
            met: self.met - before.met,
            passed_over: self.passed_over - before.passed_over,
            given_up: self.given_up - before.given_up,
            unmet: self.unmet - before.unmet,
        }
    }
}

/// Puts something wrong in the place of the entry `own`, in one of several ways.
/// Returns whether it is a list, which Redis itself refuses to read as a text.
fn poison(
    redis: &mut Connection,
    own: &[u8],
    foreign: &[u8],
    user: &User,
    random: &mut impl RngExt,
) -> bool {
    let key = key(user.id);
    let mut entry = own.to_vec();
    let at = random.random_range(0..entry.len());
    match random.random_range(0..6) {
        0 => entry[at] ^= 1 << random.random_range(0..8),
        1 => entry.truncate(at),
        2 => entry = foreign.to_vec(),
        3 => entry = (0..at).map(|_| random.random()).collect(),
        // A message that can be read, in a layout of another time.
        4 => entry = user.encode_to_vec(),
        _ => {
            // In one step: what the service had given up may still come in between.
            let mut pipeline = redis::pipe();
            pipeline.atomic().del(&key).lpush(&key, "a list");
            let () = pipeline.query(redis).unwrap();
            return true;
        }
    }
    let () = redis.set(&key, entry).unwrap();
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_refuses_to_work_is_a_miss() {
    let env = proxied(&[]).await;
    let user = env.a_user().await;
    let mut redis = redis(&env);
    // A value of another type makes every command on the key fail.
    let () = redis.del(key(user)).unwrap();
    let () = redis.lpush(key(user), "a list").unwrap();
    let client = client(env.url(), Duration::from_secs(10));
    let tally = steady(100, Duration::from_millis(300), |_| {
        let client = client.clone();
        async move { client.get(user).await.map(drop).map_err(|it| reason(&it)) }
    })
    .await;
    tally.assert_none_failed();
    assert!(
        is_used(&env).await,
        "an error that Redis answers closes nothing"
    );
}
