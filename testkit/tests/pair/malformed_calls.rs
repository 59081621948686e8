//! Requests that are no calls: an exact status each, and no panic.

use http::{HeaderValue, Method, Request};
use http_body_util::Full;
use testkit::{Stream, UserService};
use tonic::Code;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic_types::StatusExt;

use crate::support::send;
use testkit::users::{ada, plain_client};

const CREATE_USER: &str = "/user.v1.UserService/CreateUser";

/// A whole message, of which two are one too many.
const TWO: &[u8] = b"\0\0\0\0\x05\x0a\x03Ada";

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
    let table: [(&str, &[u8], Code); 12] = [
        ("nothing", b"", Code::Unimplemented),
        ("two messages", &[TWO, TWO].concat(), Code::Unimplemented),
        ("two empty messages", &[0; 10], Code::Unimplemented),
        (
            "a message and a bit",
            &[TWO, b"\0"].concat(),
            Code::Internal,
        ),
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

#[tokio::test]
async fn a_method_that_takes_one_request_runs_for_no_other_number() {
    let service = UserService::start(&[]).await;
    let create = b"\0\0\0\0\x16\x0a\x03Ada\x12\x0fada@example.com";
    for body in [&create.repeat(2)[..], &[&create[..], &[0; 5]].concat()] {
        let status = send(&service, request(Method::POST, CREATE_USER, body)).await;
        assert_eq!(status.code(), Code::Unimplemented, "{status}");
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "NOT_ONE_REQUEST");
    }
    // A stream of responses takes one request too.
    let list = "/user.v1.UserService/ListUsers";
    for (body, code) in [(&[0; 10][..], Code::Unimplemented), (&[0; 5], Code::Ok)] {
        let status = send(&service, request(Method::POST, list, body)).await;
        assert_eq!(status.code(), code, "{status}");
    }
    // None of the calls created a user.
    let created = plain_client(service.grpc_url())
        .await
        .create_user(ada())
        .await;
    assert_eq!(created.unwrap().into_inner().user_id, 1);
    assert!(service.stop().await.success());
}

#[tokio::test]
async fn a_malformed_timeout_is_refused() {
    let service = UserService::start(&[]).await;
    let sent = |values: &[&'static str]| {
        let mut request = request(Method::POST, CREATE_USER, &[0; 5]);
        for value in values {
            let value = HeaderValue::from_static(value);
            request.headers_mut().append("grpc-timeout", value);
        }
        send(&service, request)
    };
    let malformed: [&[&str]; 9] = [
        &["abc"],
        &["-1S"],
        &["123456789S"],
        &["1"],
        &[""],
        &["1s"],
        &["1.5S"],
        &[" 1S"],
        &["1S", "1S"],
    ];
    for values in malformed {
        let status = sent(values).await;
        assert_eq!(status.code(), Code::Internal, "{values:?}: {status}");
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "MALFORMED_TIMEOUT");
    }
    for values in [&["99999999H"][..], &["10S"], &[]] {
        let status = sent(values).await;
        assert_eq!(status.code(), Code::InvalidArgument, "{values:?}: {status}");
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

#[tokio::test]
async fn a_rejected_request_warns_of_no_service_that_its_caller_made_up() {
    let mut service = UserService::start(&[]).await;
    let mut of_a_page = request(Method::POST, "/made.Up/Call", &[0; 5]);
    let plain = HeaderValue::from_static("text/plain");
    of_a_page.headers_mut().insert("content-type", plain);
    let mut late = request(Method::POST, "/made.Up/Call", &[0; 5]);
    let timeout = HeaderValue::from_static("soon");
    late.headers_mut().insert("grpc-timeout", timeout);
    for (request, code) in [
        (of_a_page, Code::InvalidArgument),
        (late, Code::Internal),
        (request(Method::GET, "/", b""), Code::InvalidArgument),
    ] {
        assert_eq!(send(&service, request).await.code(), code);
    }
    let log = service.process().text(Stream::Stdout);
    assert!(!log.contains("made.Up") && !log.contains("WARN"), "{log}");
    assert!(service.stop().await.success());
}
