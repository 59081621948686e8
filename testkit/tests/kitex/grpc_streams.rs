//! The streams of the Thrift IDL over gRPC.

use std::time::Duration;

use futures_util::{TryStreamExt, stream};
use kitex_codec::thrift::Decode;
use testkit::{TableLock, TestEnv, Trace, text};
use tonic::{Code, Request, Status};
use tonic_types::RpcStatusExt;
use user_proto::v1::get_users_response::Result as Outcome;
use user_proto::v1::{
    CreateUsersRequest, CreateUsersResponse, GetUsersRequest, GetUsersResponse, ListUsersRequest,
    ListUsersResponse,
};

use crate::grpc::assert_business;
use crate::support::start;
use crate::thrift_client::ThriftClient;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// All responses of `ListUsers`.
async fn list(
    client: &ThriftClient,
    request: ListUsersRequest,
) -> Result<Vec<ListUsersResponse>, Status> {
    let requests = Request::new(stream::iter([request]));
    client
        .call("ListUsers", requests)
        .await?
        .try_collect()
        .await
}

/// All responses of a method with a stream of requests.
async fn each<U: Decode + Send + Sync + 'static>(
    client: &ThriftClient,
    ids: &[i64],
) -> Result<Vec<U>, Status> {
    let requests: Vec<_> = ids
        .iter()
        .map(|&user_id| GetUsersRequest { user_id })
        .collect();
    let requests = Request::new(stream::iter(requests));
    client.call("GetUsers", requests).await?.try_collect().await
}

fn row(index: usize, email: &str) -> CreateUsersRequest {
    CreateUsersRequest {
        name: format!("User {index}"),
        email: email.to_owned(),
        ..CreateUsersRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_three_streams_are_served() {
    let env = start(&[]).await;
    let client = ThriftClient::connect(env.url()).await;
    let listed = list(&client, ListUsersRequest::default()).await.unwrap();
    let ids: Vec<_> = listed.into_iter().map(|it| it.user.unwrap().id).collect();
    assert_eq!(ids, [7, 12345]);

    let found: Vec<GetUsersResponse> = each(&client, &[7, 404]).await.unwrap();
    let outcomes: Vec<_> = found.iter().filter_map(|it| it.result.as_ref()).collect();
    assert!(matches!(outcomes[0], Outcome::User(user) if user.name == "Ada Lovelace"));
    let is_missing = |status: &tonic_types::Status| {
        let details = status.get_error_details();
        status.code == 5 && details.error_info().unwrap().reason == "USER_NOT_FOUND"
    };
    assert!(matches!(outcomes[1], Outcome::Error(status) if is_missing(status)));

    let rows = [row(0, "new@example.com"), row(1, "ada@example.com")];
    let rows = Request::new(stream::iter(rows));
    let created = client.call("CreateUsers", rows).await.unwrap();
    let created: Vec<CreateUsersResponse> = created.try_collect().await.unwrap();
    assert_eq!(created[0].created_count, 1);
    let failure = &created[0].failures[0];
    assert_eq!(failure.index, 1);
    assert_eq!(failure.status.as_ref().unwrap().code, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_request_is_a_business_error_also_without_kitex_compat() {
    let env = start(&[]).await;
    let client = ThriftClient::connect(env.url()).await;
    let negative = ListUsersRequest {
        limit: -1,
        ..ListUsersRequest::default()
    };
    let negative = list(&client, negative).await.unwrap_err();
    assert_business(&negative, Code::InvalidArgument, "INVALID_FIELDS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_at_the_deadline_of_its_client() {
    let env = start(&[]).await;
    let _lock = TableLock::on_users(env.database()).await;
    let client = ThriftClient::connect(env.url()).await;
    let mut requests = Request::new(stream::iter([ListUsersRequest::default()]));
    requests.set_timeout(Duration::from_millis(300));
    let late = client.call::<_, ListUsersResponse>("ListUsers", requests);
    let late: Result<Vec<_>, _> = match late.await {
        Ok(responses) => responses.try_collect().await,
        Err(status) => Err(status),
    };
    assert_eq!(late.unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn their_spans_are_those_of_kitex_and_go_on_with_its_trace() {
    let env = start(&[]).await;
    let client = ThriftClient::connect(env.url()).await;
    let mut requests = Request::new(stream::iter([ListUsersRequest::default()]));
    let metadata = requests.metadata_mut();
    metadata.insert("rpc-transit-traceparent", PARENT.parse().unwrap());
    let listed = client.call::<_, ListUsersResponse>("ListUsers", requests);
    let listed: Vec<_> = listed.await.unwrap().try_collect().await.unwrap();
    assert_eq!(listed.len(), 2);

    let trace = the_trace(env).await;
    let span = trace.span("UserService/ListUsers");
    assert_eq!(text(span, "rpc.system.name"), Some("kitex"));
    assert!(trace.tree().contains("CLIENT SELECT users"));
}

/// The trace that the client began.
async fn the_trace(env: TestEnv) -> Trace {
    let (traces, _database) = env.finish().await;
    let mut continued = traces.into_iter().filter(|it| it.id() == &PARENT[3..35]);
    continued.next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_not_thrift_and_unknown_methods_fail() {
    let env = start(&[]).await;
    let client = ThriftClient::connect(env.url()).await;
    // It has none of the fields that a row needs.
    let wrong = Request::new(stream::iter([GetUsersResponse::default()]));
    let wrong = client.call::<_, ListUsersResponse>("CreateUsers", wrong);
    assert_eq!(wrong.await.unwrap_err().code(), Code::Internal);
    let unknown = Request::new(stream::iter([GetUsersRequest::default()]));
    let unknown = client.call::<_, ListUsersResponse>("DeleteUsers", unknown);
    assert_eq!(unknown.await.unwrap_err().code(), Code::Unimplemented);
}
