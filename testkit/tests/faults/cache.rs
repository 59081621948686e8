//! Redis refused, slow or hung: no call fails, none waits for long, and nothing wrong is served.

use std::time::{Duration, Instant};

use prost::Message;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use redis::{Client, Commands, Connection};
use testkit::{Mode, Sink, TestEnv, UserService};
use tokio::task::JoinSet;
use user_proto::v1::User;

use crate::support::{
    METRICS_ONLY, client, get, metric, proxied, reason, redis_errors, redis_given_up,
    redis_timeouts,
};
use testkit::load::{Tally, steady};
use testkit::sizes::{eventually, random, report, size};
use testkit::users::{new_user, plain_client};

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

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_wait_together_share_a_command() {
    const USERS: usize = 50;
    let env = proxied(&METRICS_ONLY).await;
    let mut users = Vec::new();
    for _ in 0..USERS {
        users.push(env.a_user().await);
    }
    let commands = async || {
        let of = async |name: &str| {
            let operation = format!(r#"db_operation_name="{name}""#);
            let redis = [r#"db_system_name="redis""#, &operation];
            metric(
                &env.service,
                "db_client_operation_duration_seconds_count",
                &redis,
            )
            .await
        };
        (of("GET").await, of("MGET").await)
    };
    let before = commands().await;
    let client = plain_client(env.service.grpc_url()).await;
    // So that there is time to wait together.
    env.cache_proxy()
        .set(Mode::Delay(Duration::from_millis(10)));
    let mut reads = JoinSet::new();
    for user in users {
        reads.spawn(get(client.clone(), user));
    }
    for read in reads.join_all().await {
        read.unwrap();
    }
    let after = commands().await;
    let (alone, shared) = (after.0 - before.0, after.1 - before.1);
    assert!(shared > 0.0, "{alone} GET, {shared} MGET");
    assert!(alone + shared < USERS as f64, "{alone} GET, {shared} MGET");
}

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
async fn a_herd_reads_the_database_once() {
    let (rounds, herd) = size((2, 200), (50, 1000));
    let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let env = proxied(&[
        ("OTEL_SDK_DISABLED", "false"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &sink.endpoint()),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "65536"),
        ("MAX_IN_FLIGHT", "4096"),
        ("MAX_STREAMS_PER_ADDRESS", "4096"),
        ("MAX_STREAMS", "4096"),
    ])
    .await;
    let mut stayed = Tally::default();
    for round in 0..rounds {
        let user = client(env.url(), Duration::from_secs(10))
            .create(new_user())
            .await
            .unwrap();
        let () = redis(&env).del(key(user)).unwrap();
        env.database_proxy()
            .set(Mode::Delay(Duration::from_millis(20)));
        let mut clients = Vec::new();
        for _ in 0..herd / 100 {
            clients.push(env.plain_client().await);
        }
        let mut calls = JoinSet::new();
        // All at once: one that leaves later than the others may have to lead meanwhile.
        let leaving = tokio::time::Instant::now() + Duration::from_millis(30);
        for client in clients {
            for number in 0..100 {
                let call = get(client.clone(), user);
                // Half of the callers leave in every second round, the first one too.
                let leaves = round % 2 == 1 && number % 2 == 0;
                let until = match leaves {
                    true => leaving,
                    false => leaving + Duration::from_secs(10),
                };
                calls.spawn(async move {
                    let started = Instant::now();
                    let ended = tokio::time::timeout_at(until, call).await;
                    let result = match ended {
                        Ok(result) => result.map_err(|status| status.to_string()),
                        Err(_) => Err("no answer".to_owned()),
                    };
                    (!leaves).then(|| (result, started.elapsed()))
                });
            }
        }
        while let Some(ended) = calls.join_next().await {
            if let Some((result, time)) = ended.unwrap() {
                stayed.add(result, time);
            }
        }
        env.database_proxy().set(Mode::Pass);
    }
    stayed.assert_none_failed();
    assert!(env.service.stop().await.success());
    let selects = sink.spans();
    let selects = selects.iter().filter(|it| it.span.name == "SELECT users");
    let selects = selects.count();
    // Where the caller that leads has left, another one has to ask again.
    let most = rounds + rounds / 2;
    assert!(selects <= most, "{selects} reads in {rounds} rounds");
    report(
        8,
        &format!(
            "{rounds} herds of {herd}, half of the callers leaving in every second: {selects} database reads; of those who stayed {stayed}"
        ),
    );
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
