//! Idle connections to PostgreSQL.

use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use testkit::Mode;
use testkit::sizes::{report, size};
use tokio::task::JoinSet;
use tonic::transport::Channel;
use user_proto::v1::ListUsersRequest;
use user_proto::v1::user_service_client::UserServiceClient;

use crate::database::terminate;
use crate::support::{get, proxied};
use testkit::TestEnv;

/// Each call comes to the database, which may have many connections.
const MANY: [(&str, &str); 2] = [("CACHE_TTL", "0s"), ("DATABASE_MAX_CONNECTIONS", "20")];
/// For so long after its last use a connection is not asked whether it works, and a
/// statement on one that the network forgot is lost.
const ASSUMED_HEALTHY: Duration = Duration::from_millis(100);
/// How long a connection that is asked may be silent.
const SILENCE: Duration = Duration::from_millis(500);
/// How long a call waits for a connection, and some slack for a busy machine.
const LONGEST: Duration = Duration::from_secs(1);
const SLACK: Duration = Duration::from_millis(250);

/// A service with a user, and a caller that repeats nothing.
async fn start() -> (TestEnv, UserServiceClient<Channel>, i64) {
    let env = proxied(&MANY).await;
    let (plain, user) = (env.plain_client().await, env.a_user().await);
    (env, plain, user)
}

/// Lets the service use many connections at once: lists share no statements.
async fn use_many(client: &UserServiceClient<Channel>) {
    let mut lists = JoinSet::new();
    for _ in 0..50 {
        let mut client = client.clone();
        lists.spawn(async move {
            let users = client.list_users(ListUsersRequest::default()).await?;
            users.into_inner().message().await
        });
    }
    while let Some(list) = lists.join_next().await {
        list.unwrap().unwrap();
    }
}

/// A call may meet one broken connection after another, but only until the first is noticed.
#[tokio::test(flavor = "multi_thread")]
async fn many_connections_that_break_together_fail_no_read() {
    let times = size(5, 100);
    let (env, plain, user) = start().await;
    let mut admin = PgConnection::connect(env.database().url()).await.unwrap();
    for _ in 0..times {
        use_many(&plain).await;
        terminate(&mut admin).await;
        get(plain.clone(), user).await.unwrap();
    }
    report(
        12,
        &format!(
            "{times} times up to 20 connections terminated at once: 0 of {times} reads failed"
        ),
    );
}

/// As after a failover by which an address moves to another machine: without a word on the connections.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_network_forgot_are_replaced_by_the_first_call() {
    let times = size(2, 20);
    let (env, plain, user) = start().await;
    let (mut first, mut second) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..times {
        use_many(&plain).await;
        tokio::time::sleep(ASSUMED_HEALTHY).await;
        env.database_proxy().forget_all();
        for slowest in [&mut first, &mut second] {
            let begun = Instant::now();
            get(plain.clone(), user).await.unwrap();
            *slowest = begun.elapsed().max(*slowest);
        }
        // PostgreSQL keeps its side of them otherwise, and has no place for new ones soon.
        env.database_proxy().reset_all();
    }
    assert!(first < LONGEST + SLACK, "{first:?}");
    assert!(second < SILENCE, "{second:?}");
    report(
        12,
        &format!(
            "{times} times all connections forgotten by the network: 0 of {} reads failed, the first took {first:.0?} at most, the next {second:.0?}",
            2 * times
        ),
    );
}

/// Longer than one wait for a connection, and shorter than two.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_for_a_moment_fails_no_read() {
    const AWAY: Duration = Duration::from_millis(1_300);
    let times = size(1, 20);
    let (env, plain, user) = start().await;
    for _ in 0..times {
        env.database_proxy().set(Mode::Hang);
        env.database_proxy().reset_all();
        let mut reads = JoinSet::new();
        for _ in 0..20 {
            reads.spawn(get(plain.clone(), user));
        }
        tokio::time::sleep(AWAY).await;
        env.database_proxy().set(Mode::Pass);
        while let Some(read) = reads.join_next().await {
            read.unwrap().unwrap();
        }
    }
    report(
        11,
        &format!(
            "{times} times away for {AWAY:?}: 0 of {} reads failed",
            20 * times
        ),
    );
}
