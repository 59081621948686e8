//! Requests that are compressed.

use http::{HeaderValue, Method};
use testkit::UserService;
use testkit::users::{ada, plain_client};
use tokio_stream::iter;
use tonic::Code;
use tonic::codec::CompressionEncoding::Gzip;
use tonic_types::StatusExt;
use user_proto::v1::{CreateUserRequest, CreateUsersRequest, GetUsersRequest};

use crate::malformed_calls::request;
use crate::support::send;

const CREATE_USER: &str = "/user.v1.UserService/CreateUser";

#[tokio::test]
async fn gzip_is_accepted_in_calls_and_streams() {
    let service = UserService::start(&[]).await;
    let mut client = plain_client(service.grpc_url()).await.send_compressed(Gzip);
    let created = client.create_user(ada()).await.unwrap();
    assert_eq!(created.into_inner().user_id, 1);
    let row = |number| CreateUsersRequest {
        name: "Grace Hopper".to_owned(),
        email: format!("grace{number}@example.com"),
        ..CreateUsersRequest::default()
    };
    let created = client.create_users(iter((0..50).map(row))).await.unwrap();
    assert_eq!(created.into_inner().created_count, 50);
    let ids = iter((1..=51).map(|user_id| GetUsersRequest { user_id }));
    let mut found = client.get_users(ids).await.unwrap().into_inner();
    let mut count = 0;
    while found.message().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 51);
    assert!(service.stop().await.success());
}

/// A user of 20 MB that gzip makes 20 kB of.
fn bomb() -> CreateUserRequest {
    CreateUserRequest {
        name: "A".repeat(20_000_000),
        ..ada()
    }
}

#[tokio::test]
async fn a_message_is_bounded_by_its_size_after_decompression() {
    let service = UserService::start(&[]).await;
    let mut client = plain_client(service.grpc_url()).await.send_compressed(Gzip);
    let status = client.create_user(bomb()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    let rows = iter([CreateUsersRequest {
        name: bomb().name,
        ..CreateUsersRequest::default()
    }]);
    let status = client.create_users(rows).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    // The connection continues.
    client.create_user(ada()).await.unwrap();
    assert!(service.stop().await.success());
}

#[tokio::test]
async fn what_says_that_it_is_gzip_and_is_not_fails_its_call_alone() {
    let service = UserService::start(&[]).await;
    for body in [&b"\x01\0\0\0\0"[..], b"\x01\0\0\0\x03abc"] {
        let mut request = request(Method::POST, CREATE_USER, body);
        let gzip = HeaderValue::from_static("gzip");
        request.headers_mut().insert("grpc-encoding", gzip);
        let status = send(&service, request).await;
        assert_eq!(status.code(), Code::Internal, "{status}");
    }
    assert!(service.stop().await.success());
}

/// The encodings to use instead of `encoding`, and the message.
async fn refused(service: &UserService, path: &str, encoding: &'static str) -> (String, String) {
    let mut request = request(Method::POST, path, &[0; 5]);
    let headers = request.headers_mut();
    headers.insert("grpc-encoding", HeaderValue::from_static(encoding));
    let status = send(service, request).await;
    assert_eq!(status.code(), Code::Unimplemented, "{encoding}: {status}");
    let accepted = status.metadata().get("grpc-accept-encoding").unwrap();
    let details = status.get_error_details();
    let reason = &details.error_info().unwrap().reason;
    (accepted.to_str().unwrap().to_owned(), reason.clone())
}

#[tokio::test]
async fn other_encodings_are_told_what_is_accepted() {
    const HEALTH: &str = "/grpc.health.v1.Health/Check";
    for (setting, encodings, accepted) in [
        ("true", &["deflate", "zstd", "br"][..], "gzip,identity"),
        ("false", &["gzip", "deflate"], "identity"),
    ] {
        let service = UserService::start(&[("GZIP_REQUESTS", setting)]).await;
        for path in [CREATE_USER, HEALTH] {
            for encoding in encodings {
                let told = refused(&service, path, encoding).await;
                let wanted = (accepted.to_owned(), "UNSUPPORTED_ENCODING".to_owned());
                assert_eq!(told, wanted, "{path}, {encoding}");
            }
        }
        assert!(service.stop().await.success());
    }
}
