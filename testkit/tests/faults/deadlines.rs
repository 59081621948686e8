//! Deadlines hold for calls of all kinds, by the service's own clock, and what
//! callers leave behind is freed.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rand::RngExt;
use testkit::{Mode, TableLock, UserService};
use tokio::task::JoinSet;
use tonic::{Code, Request};
use user_proto::v1::{CreateUsersRequest, GetUserRequest, GetUsersRequest, ListUsersRequest};

use crate::raw::{RawClient, call, endless, message, whole};
use crate::support::{METRICS_ONLY, get, metric, proxied};
use testkit::load::Tally;
use testkit::sizes::{eventually, random, report, size};
use testkit::users::{new_user, plain_client};

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_call_ends_at_its_deadline() {
    // Of 200 calls, p99 is the second slowest: a pause of the machine, which runs other tests.
    let (calls, percent) = size((200, 95), (10_000, 99));
    let env = proxied(&[("CACHE_TTL", "0s")]).await;
    let user = env.a_user().await;
    let client = RawClient::connect(env.service.grpc_url()).await;
    env.database_proxy().set(Mode::Hang);
    let mut random = random();
    let mut overshoots = Tally::default();
    let mut running = JoinSet::new();
    for number in 0..calls {
        let deadline = Duration::from_millis(random.random_range(1..=500));
        let get = message(&GetUserRequest { user_id: user });
        let (method, body) = match number % 4 {
            0 => ("GetUser", whole(get)),
            1 => ("ListUsers", whole(message(&ListUsersRequest::default()))),
            2 => (
                "CreateUsers",
                endless(message(&CreateUsersRequest::default())),
            ),
            _ => (
                "GetUsers",
                endless(message(&GetUsersRequest { user_id: user })),
            ),
        };
        let timeout = format!("{}m", deadline.as_millis());
        let request = call(method)
            .header("grpc-timeout", timeout)
            .body(body)
            .unwrap();
        let client = client.clone();
        // Within what one connection may have open.
        if running.len() >= 100 {
            add(&mut overshoots, running.join_next().await.unwrap().unwrap());
        }
        running.spawn(async move {
            let answer = client.send(request).await.unwrap();
            let outcome = match answer.code() {
                Some(Code::DeadlineExceeded) => Ok(()),
                // The pool of a database that hangs is exhausted before the longest deadlines.
                other => Err(format!("{method}: {other:?}")),
            };
            (outcome, answer.took.saturating_sub(deadline))
        });
    }
    while let Some(done) = running.join_next().await {
        add(&mut overshoots, done.unwrap());
    }
    overshoots.assert_none_failed();
    let most = overshoots.percentile(percent);
    assert!(most < Duration::from_millis(100), "{most:?}");
    env.database_proxy().set(Mode::Pass);
    let reader = env.plain_client().await;
    eventually("reads work", Duration::from_secs(5), async || {
        get(reader.clone(), user).await.is_ok()
    })
    .await;
    report(
        18,
        &format!(
            "{calls} calls of 4 kinds, 1-500 ms, on a hung database: all DEADLINE_EXCEEDED, p{percent} overshoot {most:.1?}"
        ),
    );
}

fn add(tally: &mut Tally, (outcome, overshoot): (Result<(), String>, Duration)) {
    tally.add(outcome, overshoot);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unary_call_without_a_deadline_has_the_servers() {
    let env = proxied(&[("CACHE_TTL", "0s"), ("UNARY_TIMEOUT", "300ms")]).await;
    let user = env.a_user().await;
    let client = RawClient::connect(env.service.grpc_url()).await;
    env.database_proxy().set(Mode::Hang);
    let request = call("GetUser").body(whole(message(&GetUserRequest { user_id: user })));
    let answer = client.send(request.unwrap()).await.unwrap();
    assert_eq!(answer.code(), Some(Code::DeadlineExceeded));
    assert!(
        answer.took < Duration::from_millis(600),
        "{:?}",
        answer.took
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_the_caller_notices_first_is_deadline_exceeded() {
    const CALLS: usize = 60;
    let variables = [&METRICS_ONLY[..], &[("CACHE_TTL", "0s")]].concat();
    let env = proxied(&variables).await;
    let user = env.a_user().await;
    let client = env.plain_client().await;
    let _lock = TableLock::on_users(env.database()).await;

    let outcomes = join_all((0..CALLS).map(|_| {
        let mut client = client.clone();
        let mut request = Request::new(GetUserRequest { user_id: user });
        // tonic's client keeps to it as well: it gives the call up.
        request.set_timeout(Duration::from_millis(400));
        async move { client.get_user(request).await }
    }))
    .await;

    assert!(outcomes.iter().all(Result::is_err));
    let ended = async |code: &str| {
        let code = format!(r#"rpc_response_status_code="{code}""#);
        let name = "rpc_server_call_duration_seconds_count";
        metric(&env.service, name, &[r#"GetUser""#, &code]).await
    };
    eventually("all have ended", Duration::from_secs(5), async || {
        ended("CANCELLED").await + ended("DEADLINE_EXCEEDED").await == CALLS as f64
    })
    .await;
    assert_eq!(ended("CANCELLED").await, 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_whose_caller_falls_silent_ends() {
    let service = UserService::embedded(&[("STREAM_IDLE_TIMEOUT", "300ms")]).await;
    let client = RawClient::connect(service.grpc_url()).await;
    for (method, body) in [
        ("CreateUsers", message(&CreateUsersRequest::default())),
        ("GetUsers", message(&GetUsersRequest { user_id: 1 })),
    ] {
        let answer = client
            .send(call(method).body(endless(body)).unwrap())
            .await
            .unwrap();
        let code = answer.code();
        // A bulk create reports the rows before, as an error of its own.
        assert_eq!(
            code,
            Some(Code::DeadlineExceeded),
            "{method}: {:?}",
            answer.status
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_callers_abandon_is_freed() {
    let cancels = size(500, 10_000);
    let env = proxied(&[("CACHE_TTL", "0s"), ("MAX_IN_FLIGHT", "64")]).await;
    let user = env.a_user().await;
    let client = plain_client(env.service.grpc_url()).await;
    let mut random = random();
    let mut calls = JoinSet::new();
    for number in 0..cancels {
        let mut client = client.clone();
        let patience = Duration::from_micros(random.random_range(0..3_000));
        if calls.len() >= 32 {
            calls.join_next().await.unwrap().unwrap();
        }
        calls.spawn(async move {
            let _ = tokio::time::timeout(patience, async {
                match number % 3 {
                    0 => client.create_user(new_user()).await.map(drop),
                    _ => get(client, user).await,
                }
            })
            .await;
        });
    }
    while calls.join_next().await.is_some() {}
    // All that may be in flight is free again: as many calls at a time succeed.
    let started = Instant::now();
    eventually("all places are free", Duration::from_secs(3), async || {
        let mut calls = JoinSet::new();
        for _ in 0..60 {
            calls.spawn(get(client.clone(), user));
        }
        let results = calls.join_all().await;
        results.iter().all(Result::is_ok)
    })
    .await;
    report(
        19,
        &format!(
            "{cancels} calls cancelled at random on one connection: it lives, and all 64 places are free after {:.1?}",
            started.elapsed()
        ),
    );
}
