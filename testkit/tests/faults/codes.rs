//! Malformed and oversized requests: the codes that gRPC has for them, and no panic.

use std::collections::BTreeMap;

use http::Request;
use hyper::body::Bytes;
use prost::Message;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use testkit::{Stream, UserService};
use tokio::task::JoinSet;
use tonic::Code;
use user_proto::v1::{
    CreateUserRequest, CreateUsersRequest, GetUserRequest, GetUsersRequest, ListUsersRequest,
};

use crate::raw::{RawClient, call, framed, message, whole};
use testkit::sizes::{random, report, size};
use testkit::users::new_user;

/// The headers whose values are made up at random.
const HEADERS: [&str; 5] = [
    "traceparent",
    "tracestate",
    "baggage",
    "grpc-timeout",
    "x-bin",
];

const THRIFT: &str = "application/grpc+thrift";

fn body() -> Bytes {
    message(&GetUserRequest { user_id: 1 })
}

#[tokio::test(flavor = "multi_thread")]
async fn library_situations_have_the_codes_of_grpc() {
    let service = UserService::embedded(&[]).await;
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
            Code::Unimplemented,
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
            Code::Internal,
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
    let service = UserService::embedded(&[]).await;
    let client = RawClient::connect(service.grpc_url()).await;
    let url = "http://localhost/user.v1.UserService/GetUser";
    let post = |content_type| Request::post(url).header("content-type", content_type);
    let got = Request::get(url).header("content-type", "application/grpc");
    let requests = [
        (post("text/plain").body(whole(body())), 415),
        (post("application/json").body(whole(body())), 415),
        (post("application/grpc-web").body(whole(body())), 415),
        (Request::post(url).body(whole(body())), 415),
        (got.body(whole(Bytes::new())), 405),
    ];
    for (request, http) in requests {
        let answer = client.send(request.unwrap()).await.unwrap();
        assert_eq!(answer.http, http, "{answer:?}");
        assert_eq!(answer.code(), Some(Code::InvalidArgument), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_in_a_codec_that_is_not_served_are_not_taken_for_protobuf() {
    let users = "user.v1.UserService/GetUser";
    let with_thrift = [
        (users, "application/grpc+proto", Code::NotFound),
        (users, "application/grpc+json", Code::Unimplemented),
        // Only users are served in Thrift.
        ("grpc.health.v1.Health/Check", THRIFT, Code::Unimplemented),
    ];
    let without = [(users, THRIFT, Code::Unimplemented)];
    let grpc_alone = [("PROTOCOLS", "grpc")];
    for (settings, calls) in [(&[][..], &with_thrift[..]), (&grpc_alone, &without)] {
        let service = UserService::embedded(settings).await;
        let client = RawClient::connect(service.grpc_url()).await;
        for (method, content_type, expected) in calls {
            let request = Request::post(format!("http://localhost/{method}"))
                .header("content-type", *content_type)
                .body(whole(body()));
            let answer = client.send(request.unwrap()).await.unwrap();
            assert_eq!(answer.http, 200, "{answer:?}");
            assert_eq!(
                answer.code(),
                Some(*expected),
                "{method} {content_type}: {answer:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_panic_nowhere() {
    const CALLERS: u32 = 8;
    let count = size(3_000, 1_000_000);
    let mut service = UserService::embedded(&[]).await;
    let mut random = random();
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let client = RawClient::connect(service.grpc_url()).await;
        let own = StdRng::from_rng(&mut random);
        callers.spawn(send_malformed(client, own, count / CALLERS));
    }
    let mut codes = BTreeMap::new();
    for (code, count) in callers.join_all().await.into_iter().flatten() {
        *codes.entry(code).or_default() += count;
    }
    let log = service.process().text(Stream::Stdout);
    assert!(!log.contains("panicked"), "{log}");
    let answered: u32 = codes.values().sum();
    report(
        26,
        &format!(
            "{answered} mutated requests: 0 panics, 0 broken connections, each answered with a status, INTERNAL only to what is no message: {codes:?}"
        ),
    );
}

/// Sends so many requests that are wrong in some way on one connection, which has to survive them.
async fn send_malformed(
    client: RawClient,
    mut random: StdRng,
    count: u32,
) -> BTreeMap<String, u32> {
    let create = CreateUserRequest {
        phone: Some("+4930123456".to_owned()),
        ..new_user()
    };
    let valid = [
        ("GetUser", GetUserRequest { user_id: 1 }.encode_to_vec()),
        ("CreateUser", create.encode_to_vec()),
        ("CreateUsers", create.encode_to_vec()),
        ("GetUsers", GetUserRequest { user_id: 2 }.encode_to_vec()),
        ("ListUsers", vec![8, 0, 16, 1]),
    ];
    let mut codes = BTreeMap::new();
    for number in 0..count {
        let (method, bytes) = &valid[random.random_range(0..valid.len())];
        let mut bytes = bytes.clone();
        for _ in 0..random.random_range(0..4) {
            mutate(&mut bytes, &mut random);
        }
        let is_compressed = number % 50 == 0;
        let is_framed = number % 7 != 0;
        let mut wire = framed(is_compressed.into(), &bytes).to_vec();
        if !is_framed {
            mutate(&mut wire, &mut random);
        }
        let strange = (number % 5 == 0).then(|| HEADERS[random.random_range(0..HEADERS.len())]);
        let request = match strange {
            Some(name) => with_a_strange_header(call(method), name, &mut random),
            None => call(method),
        };
        let answer = client.send(request.body(whole(wire.into())).unwrap()).await;
        let code = answer.unwrap().code().unwrap();
        // A malformed timeout is INTERNAL too, whatever comes with it.
        if is_framed && !is_compressed && strange != Some("grpc-timeout") {
            let expected = !is_message_of(method, &bytes);
            assert_eq!(code == Code::Internal, expected, "{method} {bytes:?}");
        }
        *codes.entry(format!("{code:?}")).or_default() += 1;
    }
    codes
}

/// Whether `bytes` are a request of `method`; gRPC has INTERNAL for those that aren't.
fn is_message_of(method: &str, bytes: &[u8]) -> bool {
    match method {
        "GetUser" => GetUserRequest::decode(bytes).is_ok(),
        "GetUsers" => GetUsersRequest::decode(bytes).is_ok(),
        "CreateUser" => CreateUserRequest::decode(bytes).is_ok(),
        "CreateUsers" => CreateUsersRequest::decode(bytes).is_ok(),
        _ => ListUsersRequest::decode(bytes).is_ok(),
    }
}

fn with_a_strange_header(
    request: http::request::Builder,
    name: &str,
    random: &mut impl RngExt,
) -> http::request::Builder {
    let length = random.random_range(0..80);
    let value: Vec<u8> = (0..length).map(|_| random.random_range(32..=255)).collect();
    match http::HeaderValue::from_bytes(&value) {
        Ok(value) => request.header(name, value),
        Err(_) => request,
    }
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
