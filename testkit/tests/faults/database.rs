//! PostgreSQL refused, slow or hung: right codes, in time, and back again soon.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rand::seq::SliceRandom;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use testkit::{Postgres, TestEnv, UserService};
use tokio::task::JoinSet;
use tokio_stream::iter;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use user_proto::v1::create_users_response::Failure;
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{CreateUsersRequest, GetUserRequest, ListUsersRequest};
use uuid::Uuid;

use crate::support::{client, get, proxied};
use testkit::load::steady;
use testkit::sizes::{eventually, random, report, size};
use testkit::users::{new_user, plain_client};

/// What a statement may take in all, and some slack for a busy machine.
const LONGEST: Duration = Duration::from_millis(3_500);
const SLACK: Duration = Duration::from_millis(250);
const RECOVERY: Duration = Duration::from_secs(5);

/// The codes of concurrent reads, and how long the slowest took.
async fn codes(
    client: &UserServiceClient<Channel>,
    user_id: i64,
    calls: usize,
    deadline: Option<Duration>,
) -> (BTreeMap<String, usize>, Duration) {
    let started = Instant::now();
    let mut reads = JoinSet::new();
    for _ in 0..calls {
        let mut client = client.clone();
        reads.spawn(async move {
            let mut request = Request::new(GetUserRequest { user_id });
            if let Some(deadline) = deadline {
                request.set_timeout(deadline);
            }
            client.get_user(request).await
        });
    }
    let mut codes = BTreeMap::new();
    while let Some(read) = reads.join_next().await {
        let code = read
            .unwrap()
            .map_or_else(|status| of(&status), |_| Code::Ok);
        *codes.entry(format!("{code:?}")).or_default() += 1;
    }
    (codes, started.elapsed())
}

/// tonic's own timer, when it is first, calls it a cancellation.
fn of(status: &Status) -> Code {
    match status.message() {
        "Timeout expired" => Code::DeadlineExceeded,
        _ => status.code(),
    }
}

fn only(codes: &BTreeMap<String, usize>, allowed: &[&str]) {
    let others = codes.keys().find(|code| !allowed.contains(&code.as_str()));
    assert!(others.is_none(), "{codes:?}");
}

async fn on(postgres: &Postgres, cache_ttl: &str) -> UserService {
    UserService::start(&[
        ("DATABASE_URL", &postgres.url()),
        ("CACHE_TTL", cache_ttl),
        ("OTEL_SDK_DISABLED", "true"),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_database_holds_no_call_and_is_used_again_when_it_answers() {
    let postgres = Postgres::start().await;
    let service = on(&postgres, "0s").await;
    let user = client(service.grpc_url(), RECOVERY)
        .create(new_user())
        .await
        .unwrap();
    let reader = plain_client(service.grpc_url()).await;
    postgres.pause();
    let deadline = Duration::from_millis(500);
    let (with, took_with) = codes(&reader, user, 50, Some(deadline)).await;
    only(
        &with,
        &["DeadlineExceeded", "Unavailable", "ResourceExhausted"],
    );
    assert!(took_with < deadline + SLACK, "{took_with:?}");
    let (without, took) = codes(&reader, user, 50, None).await;
    only(&without, &["Unavailable", "ResourceExhausted"]);
    assert!(took < LONGEST + SLACK, "{took:?}");
    tokio::time::sleep(size(Duration::ZERO, Duration::from_secs(10))).await;
    postgres.resume();
    let resumed = Instant::now();
    eventually("reads work", RECOVERY, async || {
        get(reader.clone(), user).await.is_ok()
    })
    .await;
    report(
        11,
        &format!(
            "hung: with a deadline of 500 ms {with:?} within {took_with:.0?}; without {without:?} within {took:.1?}; back after {:.1?}",
            resumed.elapsed()
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_database_fails_fast_leaves_cached_reads_and_comes_back() {
    let mut postgres = Postgres::start().await;
    let service = on(&postgres, "5m").await;
    let writer = client(service.grpc_url(), RECOVERY);
    let cached = writer.create(new_user()).await.unwrap();
    let reader = plain_client(service.grpc_url()).await;
    postgres.kill();
    let (misses, took) = codes(&reader, 1_000_000, 20, None).await;
    only(&misses, &["Unavailable"]);
    // Two waits for a connection.
    assert!(took < Duration::from_millis(2_200) + SLACK, "{took:?}");
    get(reader.clone(), cached).await.unwrap();
    postgres.restart().await;
    let restarted = Instant::now();
    eventually("creates work", RECOVERY, async || {
        writer.create(new_user()).await.is_ok()
    })
    .await;
    report(
        11,
        &format!(
            "killed: {misses:?} within {took:.1?}, cached reads answered; back {:.1?} after the restart",
            restarted.elapsed()
        ),
    );
}

/// How a list ends whose first page can't be read.
async fn first_of_list(mut client: UserServiceClient<Channel>) -> Status {
    let mut listed = match client.list_users(ListUsersRequest::default()).await {
        Ok(listed) => listed.into_inner(),
        Err(status) => return status,
    };
    listed.message().await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exhausted_pool_says_when_to_come_back() {
    let env = proxied(&[("DATABASE_MAX_CONNECTIONS", "2"), ("CACHE_TTL", "0s")]).await;
    let user = env.a_user().await;
    let reader = env.plain_client().await;
    let mut blocker = PgConnection::connect(env.database().url()).await.unwrap();
    let mut lock = blocker.begin().await.unwrap();
    lock.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    // Lookups share their statements and never need more than the pool has; lists do not.
    let started = Instant::now();
    let mut lists = JoinSet::new();
    for _ in 0..20 {
        lists.spawn(first_of_list(reader.clone()));
    }
    let ended = lists.join_all().await;
    let took = started.elapsed();
    let refused: Vec<_> = ended
        .iter()
        .filter(|status| status.code() == Code::ResourceExhausted)
        .collect();
    assert!(refused.len() >= 16, "{ended:?}");
    assert!(took < LONGEST + SLACK, "{took:?}");
    for status in &refused {
        assert!(
            status.metadata().contains_key("grpc-retry-pushback-ms"),
            "{status:?}"
        );
    }
    let blocked = refused.len();
    lock.rollback().await.unwrap();
    eventually("reads work", RECOVERY, async || {
        get(reader.clone(), user).await.is_ok()
    })
    .await;
    report(
        11,
        &format!(
            "pool of 2 exhausted by 20 lists: {blocked} refused within {took:.1?}, with pushback"
        ),
    );
}

/// Ends all connections of the service, as a failover does.
pub(crate) async fn terminate(admin: &mut PgConnection) {
    admin
        .execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'user-service' AND datname = current_database()")
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn terminated_connections_fail_no_read_and_no_create_with_an_id() {
    let times = size(5, 100);
    let env = proxied(&[("CACHE_TTL", "0s")]).await;
    let user = env.a_user().await;
    let plain = env.plain_client().await;
    let mut admin = PgConnection::connect(env.database().url()).await.unwrap();
    let terminating = async {
        for _ in 0..times {
            tokio::time::sleep(Duration::from_millis(100)).await;
            terminate(&mut admin).await;
        }
    };
    // The client retries nothing: what is asserted is the service's own doing.
    let time = Duration::from_millis(100) * times;
    let calls = steady(200, time, |number| {
        let mut client = plain.clone();
        async move {
            let outcome = match number % 4 {
                0 => client.create_user(new_user()).await.map(drop),
                _ => get(client, user).await,
            };
            outcome.map_err(|status| status.to_string())
        }
    });
    let (tally, ()) = tokio::join!(calls, terminating);
    let succeeded = tally.succeeded.len() as f64 / tally.calls() as f64;
    assert!(succeeded >= 0.999, "{tally}");
    report(
        12,
        &format!(
            "{times} times all connections terminated (57P01) at 200/s: {tally} without any retry of the client"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_a_former_primary_are_not_used() {
    let env = proxied(&[]).await;
    let mut admin = PgConnection::connect(env.database().url()).await.unwrap();
    let mut set = async |value: &str| {
        let name: String = sqlx::query_scalar("SELECT current_database()")
            .fetch_one(&mut admin)
            .await
            .unwrap();
        let statement =
            format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
        admin.execute(AssertSqlSafe(statement)).await.unwrap();
        admin
            .execute("SET default_transaction_read_only = off")
            .await
            .unwrap();
        terminate(&mut admin).await;
    };
    set("on").await;
    let refused = env
        .plain_client()
        .await
        .create_user(new_user())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    // From now on new connections may write; those in the pool still may not.
    let mut admin = PgConnection::connect(env.database().url()).await.unwrap();
    let name: String = sqlx::query_scalar("SELECT current_database()")
        .fetch_one(&mut admin)
        .await
        .unwrap();
    admin
        .execute("SET default_transaction_read_only = off")
        .await
        .unwrap();
    let statement = format!("ALTER DATABASE {name} RESET default_transaction_read_only");
    admin.execute(AssertSqlSafe(statement)).await.unwrap();
    for _ in 0..20 {
        env.plain_client()
            .await
            .create_user(new_user())
            .await
            .unwrap();
    }
    report(
        12,
        "25006: UNAVAILABLE while all are read-only, then 0 of 20 creates failed",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_share_addresses_in_other_orders_all_succeed() {
    const BATCHES: usize = 4;
    let (rounds, rows) = size((3, 300), (100, 300));
    let env = proxied(&[]).await;
    let clients = [
        env.plain_client().await,
        env.plain_client().await,
        env.plain_client().await,
        env.plain_client().await,
    ];
    let mut random = random();
    let (mut created, mut taken) = (0, 0);
    let mut slowest = Duration::ZERO;
    for _ in 0..rounds {
        let round = Uuid::new_v4().simple().to_string();
        let row = |number: usize| CreateUsersRequest {
            name: "Ada".to_owned(),
            email: format!("{number}.{round}@example.com"),
            ..Default::default()
        };
        let mut batch: Vec<_> = (0..rows).map(row).collect();
        let mut calls = JoinSet::new();
        for client in &clients {
            // In order of arrival each would wait for the others.
            batch.shuffle(&mut random);
            let (mut client, batch) = (client.clone(), batch.clone());
            calls.spawn(async move {
                let started = Instant::now();
                (client.create_users(iter(batch)).await, started.elapsed())
            });
        }
        for (response, took) in calls.join_all().await {
            let response = response.unwrap().into_inner();
            created += usize::try_from(response.created_count).unwrap();
            taken += response.failures.iter().filter(|it| exists(it)).count();
            slowest = slowest.max(took);
        }
    }
    let asked = rounds * rows * BATCHES;
    assert_eq!((created, taken), (rounds * rows, asked - rounds * rows));
    let deadlocks = deadlocks(&env).await;
    assert_eq!(deadlocks, 0, "a deadlock costs its victim a second");
    report(
        12,
        &format!(
            "{rounds} times {BATCHES} batches of {rows} with the same addresses, shuffled: 0 failed, each address made once, {deadlocks} deadlocks, the slowest took {slowest:.0?}"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn deadlocks_are_resolved_by_the_service() {
    const ROWS: usize = 200;
    let rounds = size(2, 50);
    let env = proxied(&[]).await;
    let clients = (env.plain_client().await, env.plain_client().await);
    let (mut created, mut taken) = (0, 0);
    for _ in 0..rounds {
        // The same request ids with other addresses, whose orders are opposite.
        let ids: Vec<_> = (0..ROWS).map(|_| Uuid::new_v4().to_string()).collect();
        let row = |(place, id): (usize, &String)| CreateUsersRequest {
            name: "Ada".to_owned(),
            email: format!("{place:04}.{}@example.com", Uuid::new_v4().simple()),
            request_id: id.clone(),
            ..Default::default()
        };
        let forth: Vec<_> = ids.iter().enumerate().map(row).collect();
        let back: Vec<_> = ids.iter().rev().enumerate().map(row).collect();
        let (mut one, mut other) = clients.clone();
        let (forth, back) = tokio::join!(
            one.create_users(iter(forth)),
            other.create_users(iter(back))
        );
        for response in [forth, back] {
            let response = response.unwrap().into_inner();
            created += usize::try_from(response.created_count).unwrap();
            taken += response.failures.iter().filter(|it| exists(it)).count();
        }
    }
    assert_eq!((created, taken), (rounds * ROWS, rounds * ROWS));
    let deadlocks = deadlocks(&env).await;
    report(
        12,
        &format!(
            "{rounds} pairs of batches of {ROWS} with the same request ids and addresses in opposite orders: {deadlocks} deadlocks (40P01), 0 failed, each id made once"
        ),
    );
}

fn exists(failure: &Failure) -> bool {
    let status = failure.status.as_ref();
    status.is_some_and(|status| status.code == Code::AlreadyExists as i32)
}

/// The deadlocks that PostgreSQL has resolved in the database.
async fn deadlocks(env: &TestEnv) -> i64 {
    let mut admin = PgConnection::connect(env.database().url()).await.unwrap();
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    sqlx::query_scalar(deadlocks)
        .fetch_one(&mut admin)
        .await
        .unwrap()
}
