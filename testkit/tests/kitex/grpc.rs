//! Business errors of gRPC calls, as Kitex clients read them.

use serde_json::Value;
use testkit::{TableLock, TestEnv};
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use user_proto::v1::{CreateUserRequest, GetUserRequest, ListUsersRequest};

use crate::support::start;

const COMPATIBLE: (&str, &str) = ("KITEX_COMPAT", "true");

/// The trailer by this name.
fn trailer<'a>(trailers: &'a MetadataMap, name: &str) -> Option<&'a str> {
    trailers.get(name).map(|value| value.to_str().unwrap())
}

async fn get_user(env: &TestEnv, user_id: i64) -> Status {
    let mut client = env.plain_client().await;
    let got = client.get_user(GetUserRequest { user_id }).await;
    got.unwrap_err()
}

/// That Kitex clients read `status` as a business error.
pub(crate) fn assert_business(status: &Status, code: Code, reason: &str) {
    assert_eq!(status.code(), code);
    let trailers = status.metadata();
    let number = i32::from(code).to_string();
    assert_eq!(trailer(trailers, "biz-status"), Some(&*number));
    let message = trailer(trailers, "biz-message").unwrap();
    assert_eq!(message.replace("%20", " "), status.message());
    let extra: Value = serde_json::from_str(trailer(trailers, "biz-extra").unwrap()).unwrap();
    assert_eq!(extra["reason"], reason);
    assert_eq!(extra["trace_id"].as_str().unwrap().len(), 32);
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_of_the_caller_are_business_errors_to_kitex() {
    let env = start(&[COMPATIBLE]).await;
    let missing = get_user(&env, 404).await;
    assert_business(&missing, Code::NotFound, "USER_NOT_FOUND");
    let invalid = get_user(&env, 0).await;
    assert_business(&invalid, Code::InvalidArgument, "INVALID_FIELDS");
    let taken = CreateUserRequest {
        name: "Ada Lovelace".to_owned(),
        email: "ada@example.com".to_owned(),
        ..CreateUserRequest::default()
    };
    let taken = env.plain_client().await.create_user(taken).await;
    assert_business(&taken.unwrap_err(), Code::AlreadyExists, "EMAIL_TAKEN");
    let negative = ListUsersRequest {
        limit: -1,
        ..ListUsersRequest::default()
    };
    let negative = env.plain_client().await.list_users(negative).await;
    assert_business(
        &negative.unwrap_err(),
        Code::InvalidArgument,
        "INVALID_FIELDS",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_the_service_are_not_and_nothing_is_without_kitex() {
    let limits = [COMPATIBLE, ("CACHE_TTL", "0s"), ("UNARY_TIMEOUT", "100ms")];
    let env = start(&limits).await;
    let _lock = TableLock::on_users(env.database()).await;
    let late = get_user(&env, 7).await;
    assert_eq!(late.code(), Code::DeadlineExceeded);
    assert_eq!(trailer(late.metadata(), "biz-status"), None);
    let env = start(&[]).await;
    let missing = get_user(&env, 404).await;
    assert_eq!(missing.code(), Code::NotFound);
    assert_eq!(trailer(missing.metadata(), "biz-status"), None);
}
