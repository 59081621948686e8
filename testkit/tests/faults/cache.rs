//! Redis refused, slow or hung: no call fails, and none waits for long.

mod poisoned;
mod shared;

use std::time::Duration;

use redis::{Client, Commands, Connection};
use testkit::load::{Tally, steady};
use testkit::sizes::{eventually, report, size};
use testkit::users::plain_client;
use testkit::{Mode, TestEnv, UserService};

use crate::support::{METRICS_ONLY, get, proxied, redis_timeouts};

fn redis(env: &TestEnv) -> Connection {
    let client = Client::open(env.cache().url()).unwrap();
    client.get_connection().unwrap()
}

pub(crate) fn key(user: i64) -> String {
    format!("user:v1:{user}")
}

async fn reads(service: &UserService, users: &[i64], rate: u32, time: Duration) -> Tally {
    let client = plain_client(service.grpc_url()).await;
    steady(rate, time, |number| {
        let (client, user) = (client.clone(), users[number % users.len()]);
        async move {
            get(client, user)
                .await
                .map_err(|status| format!("{:?}: {}", status.code(), status.message()))
        }
    })
    .await
}

/// Whether what is created now gets into Redis.
async fn is_used(env: &TestEnv) -> bool {
    let user = env.a_user().await;
    redis(env).exists(key(user)).unwrap()
}

/// Commands that may wait in vain until the circuit breaker opens.
const THRESHOLD: f64 = 5.0;

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_in_trouble_fails_no_read_and_makes_few_wait() {
    const FIRST: Duration = Duration::from_secs(1);
    let (rate, rounds, trouble, quiet) = size((100, 1, 1, 1), (500, 6, 10, 3));
    let [trouble, quiet] = [trouble, quiet].map(Duration::from_secs);
    let env = proxied(&METRICS_ONLY).await;
    let bare = env.replica(&[("CACHE_TTL", "0s")]).await;
    let mut users = Vec::new();
    for _ in 0..20 {
        users.push(env.a_user().await);
    }
    let modes = [
        ("refused", Mode::Refuse),
        ("slow", Mode::Delay(Duration::from_millis(200))),
        ("hung", Mode::Hang),
    ];
    let mut figures = Vec::new();
    for (name, mode) in modes {
        let (mut first, mut later, mut base) =
            (Tally::default(), Tally::default(), Tally::default());
        let mut most_waited = 0.0_f64;
        for _ in 0..rounds {
            eventually("Redis is used", Duration::from_secs(5), async || {
                is_used(&env).await
            })
            .await;
            let before = redis_timeouts(&env.service).await;
            env.cache_proxy().set(mode);
            if mode == Mode::Refuse {
                env.cache_proxy().reset_all();
            }
            first.absorb(reads(&env.service, &users, rate, FIRST).await);
            later.absorb(reads(&env.service, &users, rate, trouble).await);
            let waited = redis_timeouts(&env.service).await - before;
            most_waited = most_waited.max(waited);
            env.cache_proxy().set(Mode::Pass);
            base.absorb(reads(&bare, &users, rate, quiet).await);
        }
        for tally in [&first, &later, &base] {
            tally.assert_none_failed();
        }
        assert!(most_waited <= THRESHOLD, "{name}: {most_waited} waited");
        figures.push(format!(
            "{name}: {later}, {most_waited} commands at most waited in vain until the circuit breaker opened, p99 {:.1?} after the first second, {:.1?} without a cache",
            later.percentile(99),
            base.percentile(99),
        ));
    }
    report(
        5,
        &format!("{rounds} times {trouble:?} each: {}", figures.join("; ")),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_comes_and_goes_fails_no_read_and_is_not_stormed() {
    let flaps = size(2, 30);
    let env = proxied(&[]).await;
    let users = [env.a_user().await];
    let before = env.cache_proxy().accepted();
    let flapping = async {
        for _ in 0..flaps {
            env.cache_proxy().set(Mode::Refuse);
            env.cache_proxy().reset_all();
            tokio::time::sleep(Duration::from_secs(1)).await;
            env.cache_proxy().set(Mode::Pass);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let time = Duration::from_secs(2 * flaps);
    let (tally, ()) = tokio::join!(reads(&env.service, &users, 100, time), flapping);
    tally.assert_none_failed();
    let connections = env.cache_proxy().accepted() - before;
    // Two a second, and one at the start.
    let most = usize::try_from(time.as_secs()).unwrap() * 2 + 1;
    assert!(connections <= most, "{connections} connections");
    report(
        5,
        &format!("flapping 1 s/1 s for {time:?}: {tally}, {connections} connections to Redis"),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_comes_after_the_service_is_used() {
    let mut env = proxied(&[]).await;
    env.cache_proxy().set(Mode::Hang);
    env.service = env.replica(&[]).await;
    assert!(!is_used(&env).await);
    env.cache_proxy().set(Mode::Pass);
    eventually("Redis is used", Duration::from_secs(3), async || {
        is_used(&env).await
    })
    .await;
}
