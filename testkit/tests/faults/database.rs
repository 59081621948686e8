//! PostgreSQL in trouble: right codes, in time, and back again soon.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use testkit::{Postgres, UserService};
use tokio::task::JoinSet;
use tokio_stream::iter;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{CreateUsersRequest, GetUserRequest, ListUsersRequest};
use uuid::Uuid;

use crate::stand::{Stand, client, get, new_user, plain};
use testkit::load::steady;
use testkit::sizes::{eventually, report, size};

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
    let reader = plain(service.grpc_url()).await;
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
    let reader = plain(service.grpc_url()).await;
    postgres.kill();
    let (misses, took) = codes(&reader, 1_000_000, 20, None).await;
    only(&misses, &["Unavailable"]);
    assert!(took < Duration::from_millis(1_200) + SLACK, "{took:?}");
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
    let stand = Stand::start(&[("DATABASE_MAX_CONNECTIONS", "2"), ("CACHE_TTL", "0s")]).await;
    let user = stand.a_user().await;
    let reader = stand.plain().await;
    let mut blocker = PgConnection::connect(stand.database.url()).await.unwrap();
    let mut lock = blocker.begin().await.unwrap();
    lock.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    // Look-ups share their statements and never need more than the pool has; lists do not.
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
async fn terminate(admin: &mut PgConnection) {
    admin
        .execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'user-service' AND datname = current_database()")
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn terminated_connections_fail_no_read_and_no_create_with_an_id() {
    let times = size(5, 100);
    let stand = Stand::start(&[("CACHE_TTL", "0s")]).await;
    let user = stand.a_user().await;
    let plain = stand.plain().await;
    let mut admin = PgConnection::connect(stand.database.url()).await.unwrap();
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
    let stand = Stand::start(&[]).await;
    let mut admin = PgConnection::connect(stand.database.url()).await.unwrap();
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
    let refused = stand
        .plain()
        .await
        .create_user(new_user())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    // From now on new connections may write; those in the pool still may not.
    let mut admin = PgConnection::connect(stand.database.url()).await.unwrap();
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
        stand.plain().await.create_user(new_user()).await.unwrap();
    }
    report(
        12,
        "25006: UNAVAILABLE while all are read-only, then 0 of 20 creates failed",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn deadlocks_are_resolved_by_the_service() {
    let (rounds, rows) = size((5, 100), (100, 300));
    let stand = Stand::start(&[]).await;
    let (mut created, mut taken) = (0, 0);
    for _ in 0..rounds {
        // The same addresses in opposite orders: each batch waits for the other.
        let round = Uuid::new_v4().simple().to_string();
        let row = |number: usize| CreateUsersRequest {
            name: "Ada".to_owned(),
            email: format!("{number}.{round}@example.com"),
            ..Default::default()
        };
        let forth: Vec<_> = (0..rows).map(row).collect();
        let back: Vec<_> = forth.iter().rev().cloned().collect();
        let (mut one, mut other) = (stand.plain().await, stand.plain().await);
        let (forth, back) = tokio::join!(
            one.create_users(iter(forth)),
            other.create_users(iter(back))
        );
        for response in [forth, back] {
            let response = response.unwrap().into_inner();
            created += usize::try_from(response.created_count).unwrap();
            let exists = |it: &&user_proto::v1::create_users_response::Failure| {
                it.status
                    .as_ref()
                    .is_some_and(|status| status.code == Code::AlreadyExists as i32)
            };
            taken += response.failures.iter().filter(exists).count();
        }
    }
    assert_eq!((created, taken), (rounds * rows, rounds * rows));
    report(
        12,
        &format!(
            "{rounds} pairs of batches of {rows} with the same addresses in opposite orders (40P01): 0 failed, each address made once"
        ),
    );
}
