//! Requests that are no calls: an exact status each, and no panic.

use http::{Method, Request};
use http_body_util::Full;
use testkit::{Stream, UserService};
use tonic::Code;
use tonic::body::Body;
use tonic::codegen::Bytes;

use crate::support::send;
use testkit::users::{ada, plain_client};

const CREATE_USER: &str = "/user.v1.UserService/CreateUser";

pub(crate) fn request(method: Method, path: &str, body: &[u8]) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Body::new(Full::new(Bytes::copy_from_slice(body))))
        .unwrap()
}

#[tokio::test]
async fn bytes_that_are_no_message_fail_their_call_alone() {
    let mut service = UserService::start(&[]).await;
    let table: [(&str, &[u8], Code); 9] = [
        ("nothing", b"", Code::Internal),
        ("half a prefix", b"\0\0\0", Code::Internal),
        ("half a message", b"\0\0\0\0\x09\x0a\x07Ada", Code::Internal),
        (
            "a field that ends too late",
            b"\0\0\0\0\x02\x0a\x7f",
            Code::Internal,
        ),
        ("a wrong wire type", b"\0\0\0\0\x02\x08\x01", Code::Internal),
        ("no UTF-8", b"\0\0\0\0\x03\x0a\x01\xff", Code::Internal),
        (
            "an endless number",
            b"\0\0\0\0\x0b\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            Code::Internal,
        ),
        ("a flag that nobody knows", b"\x07\0\0\0\0", Code::Internal),
        (
            "compression that was not agreed on",
            b"\x01\0\0\0\0",
            Code::Internal,
        ),
    ];
    for (what, bytes, code) in table {
        let status = send(&service, request(Method::POST, CREATE_USER, bytes)).await;
        assert_eq!(status.code(), code, "{what}: {status}");
        assert!(!status.details().is_empty(), "{what}: {status}");
    }
    works_without_a_panic(&mut service).await;
    assert!(service.stop().await.success());
}

#[tokio::test]
async fn a_message_may_be_empty_and_is_then_invalid() {
    let service = UserService::start(&[]).await;
    let status = send(&service, request(Method::POST, CREATE_USER, &[0; 5])).await;
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    assert!(service.stop().await.success());
}

#[tokio::test]
async fn a_path_that_is_no_method_is_unimplemented() {
    let mut service = UserService::start(&[]).await;
    let long = format!("/{}", "a".repeat(4096));
    let paths = [
        "/",
        "/nowhere",
        "/user.v1.UserService",
        "/user.v1.UserService/",
        "/user.v1.UserService/Nothing",
        "/user.v1.UserService/getuser",
        "/user.v1.UserService/GetUser/",
        "/user.v2.UserService/GetUser",
        "/%2e%2e/user.v1.UserService/GetUser",
        &long,
    ];
    for path in paths {
        let status = send(&service, request(Method::POST, path, &[0; 5])).await;
        assert_eq!(status.code(), Code::Unimplemented, "{path}: {status}");
    }
    works_without_a_panic(&mut service).await;
    assert!(service.stop().await.success());
}

#[tokio::test]
async fn what_is_not_a_post_is_no_call() {
    let service = UserService::start(&[]).await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let status = send(&service, request(method, CREATE_USER, &[0; 5])).await;
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    }
    assert!(service.stop().await.success());
}

async fn works_without_a_panic(service: &mut UserService) {
    let created = plain_client(service.grpc_url())
        .await
        .create_user(ada())
        .await;
    assert_eq!(created.unwrap().into_inner().user_id, 1);
    let process = service.process();
    let said = process.text(Stream::Stdout) + &process.text(Stream::Stderr);
    assert!(!said.contains("panicked"), "{said}");
}
