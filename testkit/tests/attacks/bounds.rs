//! The limits that take a while to reach, or a port of their own.

use std::time::Duration;

use testkit::UserService;
use testkit::sizes::eventually;
use testkit::wire::{self, INITIAL_WINDOW_SIZE, SETTINGS, WINDOW_UPDATE};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;
use tokio_stream::StreamExt;
use tonic::Code;
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{CreateUsersRequest, ListUsersRequest};

use crate::raw;

const LIMIT: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_outlasts_the_grace_of_its_old_connection_is_unavailable() {
    let old = [
        ("MAX_CONNECTION_AGE", "300ms"),
        ("MAX_CONNECTION_AGE_GRACE", "300ms"),
    ];
    let service = UserService::embedded(&old).await;
    let mut client = UserServiceClient::new(raw::channel(&service).await);
    let endless = client.create_users(tokio_stream::pending());
    let ended = timeout(LIMIT, endless).await.unwrap().unwrap_err();
    assert_eq!(ended.code(), Code::Unavailable, "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_has_at_most_a_hundred_thousand_rows_and_keeps_those_before() {
    const MOST: usize = 100_000;
    let row = |number| CreateUsersRequest {
        name: "Ada Lovelace".to_owned(),
        email: format!("{number}@example.com"),
        ..CreateUsersRequest::default()
    };
    let service = UserService::embedded(&[]).await;
    let channel = raw::channel(&service).await;
    let mut client = UserServiceClient::new(channel);
    let rows = tokio_stream::iter((0..=MOST).map(row));
    let refused = client.create_users(rows).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    let listed = client.list_users(ListUsersRequest::default()).await;
    let mut listed = listed.unwrap().into_inner();
    let mut count = 0;
    while let Some(user) = listed.next().await {
        user.unwrap();
        count += 1;
    }
    assert_eq!(count, MOST);
}

/// Windows are announced; h2 enforces them.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_may_send_256_kib_ahead_on_each_stream_of_a_connection() {
    /// What HTTP/2 begins with, before any update.
    const INITIAL: u32 = 65_535;
    let service = UserService::embedded(&[]).await;
    let mut peer = wire::connect(service.grpc_url(), &wire::opening()).await;
    let mut received = Vec::new();
    eventually("the windows are told", LIMIT, async || {
        peer.read_buf(&mut received).await.unwrap();
        let frames = wire::frames(&received);
        frames.iter().any(|frame| frame.0 == WINDOW_UPDATE)
    })
    .await;
    let frames = wire::frames(&received);
    let payload = |kind| frames.iter().find(|frame| frame.0 == kind).unwrap().1;
    let settings = payload(SETTINGS).chunks(6);
    let mut settings = settings.map(|it| (it[..2].to_vec(), number(&it[2..])));
    let window = settings.find(|it| it.0 == INITIAL_WINDOW_SIZE.to_be_bytes());
    assert_eq!(window.unwrap().1, 256 * 1024);
    let streams = 200;
    let connection = INITIAL + number(payload(WINDOW_UPDATE));
    assert_eq!(connection, streams * 256 * 1024);
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes.try_into().unwrap())
}
