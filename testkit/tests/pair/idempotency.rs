//! `request_id`: a repeated create has no second effect.

use std::collections::BTreeSet;

use testkit::TestEnv;
use tokio::task::JoinSet;
use tonic::Code;
use tonic_types::StatusExt;
use user_proto::v1::{CreateUserRequest, ListUsersRequest};

use testkit::users::ada;

const REQUEST_ID: &str = "0b7a2a2c-7d3c-4a53-9d5a-0c6a5e0f3b11";

/// Callers that send the same request at once.
const CALLERS: usize = 8;

fn request() -> CreateUserRequest {
    CreateUserRequest {
        request_id: REQUEST_ID.to_owned(),
        ..ada()
    }
}

async fn count(env: &TestEnv) -> usize {
    let mut client = env.plain_client().await;
    let listed = client.list_users(ListUsersRequest::default()).await;
    let mut users = listed.unwrap().into_inner();
    let mut count = 0;
    while users.message().await.unwrap().is_some() {
        count += 1;
    }
    count
}

#[tokio::test]
async fn a_request_that_is_sent_many_times_makes_one_user_even_after_a_restart() {
    let env = TestEnv::start().await;
    let mut calls = JoinSet::new();
    for _ in 0..CALLERS {
        let mut client = env.plain_client().await;
        calls.spawn(async move { client.create_user(request()).await });
    }
    // Which id it is depends on who was first: those in vain use up some of them.
    let answers = calls.join_all().await;
    let ids: BTreeSet<i64> = answers
        .into_iter()
        .map(|answer| answer.unwrap().into_inner().user_id)
        .collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let (_, database) = env.finish().await;

    let builder = TestEnv::builder().database(database).redis();
    let env = builder.collector().start().await;
    let answer = env.plain_client().await.create_user(request()).await;
    assert!(ids.contains(&answer.unwrap().into_inner().user_id));
    assert_eq!(count(&env).await, 1);
    env.finish().await;
}

#[tokio::test]
async fn another_content_under_the_same_id_is_refused() {
    let env = TestEnv::start().await;
    let mut client = env.plain_client().await;
    client.create_user(request()).await.unwrap();
    let other = CreateUserRequest {
        name: "Grace Hopper".to_owned(),
        ..request()
    };
    let status = client.create_user(other).await.unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists);
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "REQUEST_ID_REUSED");
    assert_eq!(count(&env).await, 1);
    env.finish().await;
}

#[tokio::test]
async fn a_create_that_timed_out_is_repeated_with_the_id_that_the_client_names() {
    let env = TestEnv::start().await;
    let create = ["create", "--name", "Ada", "--email", "ada@example.com"];
    let lock = testkit::TableLock::on_users(env.database()).await;
    let timed_out = env
        .client(&[&["--output", "json", "--timeout", "300ms"], &create[..]].concat())
        .await;
    drop(lock);
    assert_eq!(timed_out.status.code(), Some(7), "{timed_out:?}");
    let failure: serde_json::Value = serde_json::from_str(timed_out.stderr.trim()).unwrap();
    let request_id = failure["error"]["request_id"].as_str().unwrap();

    let mut first = None;
    for _ in 0..2 {
        let repeat = [&create[..], &["--request-id", request_id]].concat();
        let output = env.client(&repeat).await;
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(first.get_or_insert(output.stdout.clone()), &output.stdout);
    }
    assert_eq!(count(&env).await, 1);
    env.finish().await;
}
