//! What a caller gets with an error, for people and for programs.

use testkit::{Mode, TableLock, TestEnv};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};
use user_proto::v1::{CreateUserRequest, GetUserRequest};

use crate::support::{FOREIGN_TRACE, traced};
use testkit::users::ada;

/// The details that every error has are right in `status`; returns all of them.
fn details(status: &Status, code: Code, reason: &str) -> ErrorDetails {
    assert_eq!(status.code(), code, "{status}");
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!((&*info.reason, &*info.domain), (reason, "user.v1"));
    assert_eq!(details.request_info().unwrap().request_id, FOREIGN_TRACE);
    details
}

#[tokio::test]
async fn an_invalid_request_names_each_bad_field_once() {
    let env = TestEnv::start().await;
    let request = CreateUserRequest {
        name: " ".to_owned(),
        email: "nobody".to_owned(),
        phone: Some("030".to_owned()),
        request_id: "7".to_owned(),
    };
    let mut client = env.plain_client().await;
    let status = client.create_user(traced(request)).await.unwrap_err();

    let details = details(&status, Code::InvalidArgument, "INVALID_FIELDS");
    let violations = &details.bad_request().unwrap().field_violations;
    let fields: Vec<&str> = violations.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(fields, ["name", "email", "phone", "request_id"]);
    for violation in violations {
        assert!(
            violation.description.starts_with("must "),
            "{}",
            violation.description
        );
    }

    let request = traced(GetUserRequest { user_id: -1 });
    let status = client.get_user(request).await.unwrap_err();
    let details = self::details(&status, Code::InvalidArgument, "INVALID_FIELDS");
    let violations = &details.bad_request().unwrap().field_violations;
    assert_eq!(violations[0].field, "user_id");
    env.finish().await;
}

#[tokio::test]
async fn a_missing_user_is_named() {
    let env = TestEnv::start().await;
    let mut client = env.plain_client().await;
    let request = traced(GetUserRequest { user_id: 7 });
    let status = client.get_user(request).await.unwrap_err();

    let details = details(&status, Code::NotFound, "USER_NOT_FOUND");
    let resource = details.resource_info().unwrap();
    assert_eq!(resource.resource_type, "user.v1.User");
    assert_eq!(resource.resource_name, "7");
    env.finish().await;
}

#[tokio::test]
async fn a_taken_address_is_not_repeated() {
    let env = TestEnv::start().await;
    let mut client = env.plain_client().await;
    client.create_user(ada()).await.unwrap();
    let again = CreateUserRequest {
        email: ada().email.to_uppercase(),
        ..ada()
    };
    let status = client.create_user(traced(again)).await.unwrap_err();

    let details = details(&status, Code::AlreadyExists, "EMAIL_TAKEN");
    let resource = details.resource_info().unwrap();
    assert_eq!(resource.resource_type, "user.v1.User");
    assert_eq!(resource.resource_name, "");
    let said = format!("{status:?} {details:?}").to_lowercase();
    assert!(!said.contains(&ada().email), "{said}");
    env.finish().await;
}

#[tokio::test]
async fn without_its_database_it_says_when_to_try_again() {
    let builder = TestEnv::builder().postgres().proxies().collector();
    let env = builder.start().await;
    let mut client = env.plain_client().await;
    env.database_proxy().set(Mode::Refuse);
    env.database_proxy().reset_all();
    let request = traced(GetUserRequest { user_id: 1 });
    let status = client.get_user(request).await.unwrap_err();

    let details = details(&status, Code::Unavailable, "DATABASE_UNAVAILABLE");
    let delay = details.retry_info().unwrap().retry_delay.unwrap();
    assert!(!delay.is_zero());
    env.finish().await;
}

#[tokio::test]
async fn a_full_service_refuses_and_says_when_to_try_again() {
    let limit = ("MAX_IN_FLIGHT", "1");
    let env = TestEnv::configured(&[limit]).await;
    let mut lock = TableLock::on_users(env.database()).await;
    let mut first = env.plain_client().await;
    let mut second = first.clone();
    let call = tokio::spawn(async move { first.create_user(ada()).await });
    lock.wait_for_a_statement().await;
    let request = traced(GetUserRequest { user_id: 1 });
    let status = second.get_user(request).await.unwrap_err();

    let details = details(&status, Code::ResourceExhausted, "OVERLOADED");
    assert!(details.retry_info().unwrap().retry_delay.is_some());
    drop(lock);
    call.await.unwrap().unwrap();
    env.finish().await;
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused() {
    let env = TestEnv::start().await;
    let request = CreateUserRequest {
        name: "a".repeat(2 << 20),
        ..ada()
    };
    let mut client = env.plain_client().await;
    let status = client.create_user(traced(request)).await.unwrap_err();
    details(&status, Code::ResourceExhausted, "MESSAGE_TOO_LARGE");
    env.finish().await;
}
