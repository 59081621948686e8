//! Malformed and oversized requests: the codes that gRPC has for them, and no panic.

use http::Request;
use hyper::body::Bytes;
use prost::Message;
use rand::RngExt;
use testkit::Stream;
use tonic::Code;
use user_proto::v1::{CreateUserRequest, GetUserRequest};

use crate::raw::{RawClient, call, framed, message, whole};
use crate::stand::{embedded, get, new_user, plain};
use crate::support::{random, report, size};

fn body() -> Bytes {
    message(&GetUserRequest { user_id: 1 })
}

#[tokio::test(flavor = "multi_thread")]
async fn library_situations_have_the_codes_of_grpc() {
    let service = embedded(&[]).await;
    let client = RawClient::connect(service.grpc_url()).await;
    let large = CreateUserRequest {
        name: "x".repeat(2 << 20),
        ..new_user()
    };
    let text = |length: usize| "v".repeat(length);
    let path = |path: &str| {
        Request::post(format!("http://localhost{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
    };
    let table = [
        (
            "no such user",
            call("GetUser").body(whole(body())),
            Code::NotFound,
        ),
        (
            "no such method",
            call("Nothing").body(whole(body())),
            Code::Unimplemented,
        ),
        (
            "no such service",
            path("/a.B/C").body(whole(body())),
            Code::Unimplemented,
        ),
        (
            "no service at all",
            path("/").body(whole(body())),
            Code::Unimplemented,
        ),
        (
            "a message over 1 MiB",
            call("CreateUser").body(whole(message(&large))),
            Code::ResourceExhausted,
        ),
        (
            "a row over 1 MiB",
            call("CreateUsers").body(whole(message(&large))),
            Code::ResourceExhausted,
        ),
        (
            "20 kB of metadata",
            call("GetUser")
                .header("x", text(20_000))
                .body(whole(body())),
            Code::ResourceExhausted,
        ),
        (
            "100 kB of metadata",
            call("GetUser")
                .header("x", text(100_000))
                .body(whole(body())),
            Code::ResourceExhausted,
        ),
        (
            "no protobuf",
            call("GetUser").body(whole(framed(0, &[0xff; 9]))),
            Code::Internal,
        ),
        (
            "no UTF-8",
            call("CreateUser").body(whole(framed(0, &[0x0a, 1, 0xff]))),
            Code::Internal,
        ),
        (
            "no message",
            call("GetUser").body(whole(Bytes::new())),
            Code::Internal,
        ),
        (
            "half a message",
            call("GetUser").body(whole(body().slice(..6))),
            Code::Internal,
        ),
        (
            "an unknown compression",
            call("GetUser")
                .header("grpc-encoding", "snappy")
                .body(whole(framed(1, b"x"))),
            Code::Unimplemented,
        ),
        (
            "a flag that is none",
            call("GetUser").body(whole(framed(7, b"x"))),
            Code::Internal,
        ),
        (
            "a deadline in the past",
            call("GetUser")
                .header("grpc-timeout", "0n")
                .body(whole(body())),
            Code::DeadlineExceeded,
        ),
        (
            "a deadline that is none",
            call("GetUser")
                .header("grpc-timeout", "soon")
                .body(whole(body())),
            Code::NotFound,
        ),
    ];
    let situations = table.len();
    let mut wrong = Vec::new();
    for (situation, request, expected) in table {
        let answer = client.send(request.unwrap()).await.unwrap();
        let status = answer.status.as_ref();
        if answer.code() != Some(expected) || status.is_none_or(|it| it.details().is_empty()) {
            wrong.push(format!("{situation}: {answer:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    report(
        27,
        &format!("{situations} of {situations} situations have the right code, each with details"),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_grpc_is_refused_as_http() {
    let service = embedded(&[]).await;
    let client = RawClient::connect(service.grpc_url()).await;
    let url = "http://localhost/user.v1.UserService/GetUser";
    let plain = Request::post(url).header("content-type", "text/plain");
    let got = Request::get(url).header("content-type", "application/grpc");
    for request in [plain.body(whole(body())), got.body(whole(Bytes::new()))] {
        let answer = client.send(request.unwrap()).await.unwrap();
        let refused =
            answer.http.is_client_error() || answer.code().is_some_and(|it| it != Code::Ok);
        assert!(refused, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_panic_nowhere() {
    let count = size(3_000, 1_000_000);
    let mut service = embedded(&[]).await;
    let mut client = RawClient::connect(service.grpc_url()).await;
    let mut random = random();
    let valid = [
        ("GetUser", GetUserRequest { user_id: 1 }.encode_to_vec()),
        (
            "CreateUser",
            CreateUserRequest {
                phone: Some("+4930123456".to_owned()),
                ..new_user()
            }
            .encode_to_vec(),
        ),
        ("CreateUsers", new_user().encode_to_vec()),
        ("GetUsers", GetUserRequest { user_id: 2 }.encode_to_vec()),
        ("ListUsers", vec![8, 0, 16, 1]),
    ];
    let (mut answered, mut broken) = (0, 0);
    for number in 0..count {
        let (method, bytes) = &valid[random.random_range(0..valid.len())];
        let mut bytes = bytes.clone();
        for _ in 0..random.random_range(0..4) {
            mutate(&mut bytes, &mut random);
        }
        let mut wire = framed(u8::from(number % 50 == 0), &bytes).to_vec();
        if number % 7 == 0 {
            mutate(&mut wire, &mut random);
        }
        let mut request = call(method);
        if number % 5 == 0 {
            let name = [
                "traceparent",
                "tracestate",
                "baggage",
                "grpc-timeout",
                "x-bin",
            ][random.random_range(0..5)];
            let value: Vec<u8> = (0..random.random_range(0..80))
                .map(|_| random.random_range(32..=255))
                .collect();
            if let Ok(value) = http::HeaderValue::from_bytes(&value) {
                request = request.header(name, value);
            }
        }
        match client.send(request.body(whole(wire.into())).unwrap()).await {
            Ok(answer) => {
                assert!(answer.code().is_some(), "{answer:?}");
                answered += 1;
            }
            Err(_) => {
                broken += 1;
                client = RawClient::connect(service.grpc_url()).await;
            }
        }
    }
    get(plain(service.grpc_url()).await, 1).await.err();
    let log = service.process().text(Stream::Stdout);
    assert!(!log.contains("panicked"), "{log}");
    report(
        26,
        &format!(
            "{count} mutated requests: 0 panics, {answered} answered with a status, {broken} connections broken"
        ),
    );
    assert_eq!(broken, 0);
}

fn mutate(bytes: &mut Vec<u8>, random: &mut impl RngExt) {
    if bytes.is_empty() {
        return bytes.push(random.random());
    }
    let at = random.random_range(0..bytes.len());
    match random.random_range(0..4) {
        0 => bytes[at] = random.random(),
        1 => bytes.truncate(at),
        2 => bytes.insert(at, random.random()),
        _ => bytes.extend_from_within(at..),
    }
}
