//! Streams whose bytes are no messages: the call fails, the rows before are kept.

use futures_util::TryStreamExt;
use http::Request;
use http_body_util::Full;
use testkit::UserService;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::{Code, Status};
use user_proto::v1::ListUsersRequest;

use crate::support::send;
use testkit::users::plain_client;

/// A message of CreateUsers on the wire, after its prefix; `name` is any bytes.
fn row(name: &[u8], email: &str) -> Vec<u8> {
    let mut message = vec![0x0a, name.len() as u8];
    message.extend(name);
    message.extend([0x12, email.len() as u8]);
    message.extend(email.as_bytes());
    message
}

fn framed(message: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0];
    bytes.extend((message.len() as u32).to_be_bytes());
    bytes.extend(message);
    bytes
}

/// Calls CreateUsers with these very bytes.
async fn create_users(service: &UserService, bytes: Vec<u8>) -> Status {
    let request = Request::post("/user.v1.UserService/CreateUsers")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Body::new(Full::new(Bytes::from(bytes))))
        .unwrap();
    send(service, request).await
}

async fn names(service: &UserService) -> Vec<String> {
    let mut client = plain_client(service.grpc_url()).await;
    let listed = client
        .list_users(ListUsersRequest::default())
        .await
        .unwrap();
    let names = listed.into_inner().map_ok(|it| it.user.unwrap().name);
    names.try_collect().await.unwrap()
}

#[tokio::test]
async fn a_row_that_is_no_utf_8_ends_the_call_and_keeps_the_rows_before() {
    let service = UserService::start(&[]).await;
    let bytes = [
        framed(&row(b"Ada", "ada@example.com")),
        framed(&row(b"\xff\xfe", "grace@example.com")),
        framed(&row(b"Joan", "joan@example.com")),
    ];

    let status = create_users(&service, bytes.concat()).await;

    assert_eq!(status.code(), Code::Internal, "{status}");
    let message = status.message();
    assert!(
        message.starts_with("row 1 can't be read, those before it were taken: "),
        "{message}"
    );
    assert_eq!(names(&service).await, ["Ada"]);
    assert!(service.stop().await.success());
}

#[tokio::test]
async fn a_stream_that_ends_in_the_middle_of_a_message_keeps_the_rows_before() {
    let service = UserService::start(&[]).await;
    let whole = framed(&row(b"Ada", "ada@example.com"));
    let torn = framed(&row(b"Grace", "grace@example.com"));
    for kept in [3, 5, 9] {
        let bytes = [whole.clone(), torn[..kept].to_vec()].concat();

        let status = create_users(&service, bytes).await;

        assert_ne!(status.code(), Code::Ok, "{kept} bytes of the second row");
        assert!(
            status.message().starts_with("row 1 can't be read"),
            "{status}"
        );
    }
    assert_eq!(names(&service).await, ["Ada"]);
    assert!(service.stop().await.success());
}

#[tokio::test]
async fn a_row_that_is_too_large_is_refused_before_it_is_read() {
    let service = UserService::start(&[]).await;
    let mut bytes = framed(&row(b"Ada", "ada@example.com"));
    bytes.push(0);
    bytes.extend(u32::MAX.to_be_bytes());

    let status = create_users(&service, bytes).await;

    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert_eq!(names(&service).await, ["Ada"]);
    assert!(service.stop().await.success());
}
