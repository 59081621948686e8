//! Calls that wait at the same time share a command to Redis, or a lookup in the database.

use std::time::{Duration, Instant};

use redis::Commands;
use testkit::load::Tally;
use testkit::sizes::{report, size};
use testkit::users::{new_user, plain_client};
use testkit::{Mode, Sink};
use tokio::task::JoinSet;

use super::{key, redis};
use crate::support::{METRICS_ONLY, client, get, metric, proxied};

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
