//! Connect and gRPC-Web: calls by the paths of methods; and pages of other origins.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use prost::Message;
use serde_json::{Value, json};
use testkit::TestEnv;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic_types::pb::ErrorInfo;
use user_proto::v1::get_users_response::Result as Found;
use user_proto::v1::{
    GetUserRequest, GetUserResponse, GetUsersRequest, GetUsersResponse, ListUsersRequest,
    ListUsersResponse,
};

use crate::gateway_env::{GatewayEnv, LIMIT, Response};

pub(crate) const GET: &str = "/user.v1.UserService/GetUser";
pub(crate) const LIST: &str = "/user.v1.UserService/ListUsers";
const JSON: &str = "content-type: application/json";

pub(crate) async fn start() -> (GatewayEnv, i64) {
    let gateway = GatewayEnv::in_front_of(TestEnv::builder().start().await).await;
    let id = gateway.env.a_user().await;
    (gateway, id)
}

/// The head and the bytes of the response to a body of bytes.
pub(crate) async fn post(
    gateway: &GatewayEnv,
    path: &str,
    headers: &[&str],
    body: &[u8],
) -> (String, Vec<u8>) {
    let head = [&["host: gateway", "connection: close"], headers]
        .concat()
        .join("\r\n");
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\n{head}\r\ncontent-length: {length}\r\n\r\n");
    let mut peer = TcpStream::connect(&gateway.address).await.unwrap();
    peer.write_all(&[head.as_bytes(), body].concat())
        .await
        .unwrap();
    let mut received = Vec::new();
    timeout(LIMIT, peer.read_to_end(&mut received))
        .await
        .unwrap()
        .unwrap();
    let end = received
        .windows(4)
        .position(|it| it == b"\r\n\r\n")
        .unwrap();
    let body = received.split_off(end + 4);
    let head = String::from_utf8(received).unwrap();
    match head.contains("transfer-encoding: chunked") {
        true => (head, unchunked(&body)),
        false => (head, body),
    }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    loop {
        let end = body.windows(2).position(|it| it == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return data;
        }
        data.extend(&body[end + 2..end + 2 + size]);
        body = &body[end + 4 + size..];
    }
}

pub(crate) fn frame(message: &impl Message) -> Vec<u8> {
    let encoded = message.encode_to_vec();
    let length = u32::try_from(encoded.len()).unwrap();
    [&[0], &length.to_be_bytes()[..], &encoded].concat()
}

/// The flags and the content of each frame of `body`.
pub(crate) fn frames(mut body: &[u8]) -> Vec<(u8, &[u8])> {
    let mut frames = Vec::new();
    while let [flags, a, b, c, d, rest @ ..] = body {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        frames.push((*flags, &rest[..length]));
        body = &rest[length..];
    }
    assert!(body.is_empty());
    frames
}

#[tokio::test]
async fn connect_serves_unary_calls_in_json_and_protobuf() {
    let (gateway, id) = start().await;
    let headers = [JSON, "connect-protocol-version: 1"];
    let body = json!({"userId": id.to_string()}).to_string();
    let found = gateway.request("POST", GET, &headers, &body).await;
    assert_eq!(found.status, 200, "{found:?}");
    assert_eq!(found.header("content-type"), Some("application/json"));
    assert_eq!(found.json()["user"]["id"], id.to_string());

    let request = GetUserRequest { user_id: id }.encode_to_vec();
    let (head, body) = post(
        &gateway,
        GET,
        &["content-type: application/proto"],
        &request,
    )
    .await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(
        head.contains("content-type: application/proto\r\n"),
        "{head}"
    );
    let user = GetUserResponse::decode(&body[..]).unwrap().user.unwrap();
    assert_eq!(user.id, id);
}

#[tokio::test]
async fn errors_of_connect_have_its_codes_and_details() {
    let (gateway, _) = start().await;
    let missing = gateway
        .request("POST", GET, &[JSON], r#"{"userId":"99"}"#)
        .await;
    assert_eq!(missing.status, 404, "{missing:?}");
    let error = missing.json();
    assert_eq!(error["code"], "not_found");
    let details = error["details"].as_array().unwrap();
    let info = details
        .iter()
        .find(|it| it["type"] == "google.rpc.ErrorInfo")
        .unwrap();
    let value = STANDARD_NO_PAD
        .decode(info["value"].as_str().unwrap())
        .unwrap();
    assert_eq!(
        ErrorInfo::decode(&value[..]).unwrap().reason,
        "USER_NOT_FOUND"
    );
    for (path, headers, body, status, code) in [
        (GET, &[JSON][..], "{", 400, "invalid_argument"),
        (GET, &[JSON], r#"{"x":1}"#, 400, "invalid_argument"),
        (
            GET,
            &[JSON, "connect-timeout-ms: x"],
            "{}",
            400,
            "invalid_argument",
        ),
        (
            GET,
            &[JSON, "content-encoding: br"],
            "{}",
            501,
            "unimplemented",
        ),
        (
            GET,
            &[JSON, "content-encoding: gzip"],
            "{}",
            400,
            "invalid_argument",
        ),
        (LIST, &[JSON], "{}", 415, "unknown"),
    ] {
        let response = gateway.request("POST", path, headers, body).await;
        assert_eq!(response.status, status, "{path} {body}: {response:?}");
        assert_eq!(response.json()["code"], code, "{response:?}");
    }
    for content_type in [
        "content-type: text/plain",
        "content-type: application/x-www-form-urlencoded",
        "content-type: application/grpc",
        "x: y",
    ] {
        let response = gateway.request("POST", GET, &[content_type], "{}").await;
        assert_eq!(response.status, 415, "{response:?}");
        let error = response.json();
        assert_eq!(error["code"], "unknown");
        let message = error["message"].as_str().unwrap();
        let advice = "add -H 'content-type: application/json'";
        assert!(message.ends_with(advice), "{message}");
    }
    let other = gateway.request("DELETE", GET, &[], "").await;
    assert_eq!(
        (other.status, other.header("allow")),
        (405, Some("GET, POST"))
    );
    let unknown = gateway
        .request("POST", "/user.v1.UserService/Nothing", &[JSON], "{}")
        .await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_call_that_changes_nothing_can_be_made_by_get() {
    let (gateway, id) = start().await;
    let query = format!("connect=v1&encoding=json&message=%7B%22userId%22%3A{id}%7D");
    let found = gateway.get(&format!("{GET}?{query}")).await;
    assert_eq!(found.status, 200, "{found:?}");
    assert_eq!(found.json()["user"]["id"], id.to_string());
    for (query, field) in [("", "encoding"), ("encoding=json", "message")] {
        let response = gateway.get(&format!("{GET}?{query}")).await;
        assert_eq!(response.status, 400, "{response:?}");
        let message = response.json()["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(field), "{message}");
    }
    let create = gateway.get("/user.v1.UserService/CreateUser?encoding=json&message=%7B%7D");
    let create = create.await;
    assert_eq!((create.status, create.header("allow")), (405, Some("POST")));
}

#[tokio::test]
async fn connect_takes_streams_of_requests() {
    let (gateway, id) = start().await;
    let rows = [
        GetUsersRequest { user_id: id },
        GetUsersRequest { user_id: 99 },
    ];
    let body: Vec<u8> = rows.iter().flat_map(frame).collect();
    let headers = ["content-type: application/connect+proto"];
    let path = "/user.v1.UserService/GetUsers";
    let (_, received) = post(&gateway, path, &headers, &body).await;
    let frames = frames(&received);
    let [(0, first), (0, second), (2, b"{}")] = frames[..] else {
        panic!("{frames:?}");
    };
    let found = |bytes| GetUsersResponse::decode(bytes).unwrap().result;
    assert!(matches!(found(first), Some(Found::User(_))));
    assert!(matches!(found(second), Some(Found::Error(_))));
}

#[tokio::test]
async fn connect_streams_responses_in_envelopes() {
    let (gateway, id) = start().await;
    let request = frame(&ListUsersRequest::default());
    let headers = ["content-type: application/connect+proto"];
    let (head, body) = post(&gateway, LIST, &headers, &request).await;
    assert!(
        head.contains("content-type: application/connect+proto\r\n"),
        "{head}"
    );
    let frames_of_proto = frames(&body);
    let [(0, message), (2, b"{}")] = frames_of_proto[..] else {
        panic!("{frames_of_proto:?}");
    };
    let user = ListUsersResponse::decode(message).unwrap().user.unwrap();
    assert_eq!(user.id, id);

    let message = br#"{"limit":-1}"#;
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let request = [&[0], &length[..], message].concat();
    let headers = ["content-type: application/connect+json"];
    let (head, body) = post(&gateway, LIST, &headers, &request).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let [(2, end)] = frames(&body)[..] else {
        panic!("{body:?}");
    };
    let end: Value = serde_json::from_slice(end).unwrap();
    assert_eq!(end["error"]["code"], "invalid_argument");
    for body in [&b""[..], &request[..8], &[&request[..], &request].concat()] {
        let (_, body) = post(&gateway, LIST, &headers, body).await;
        assert!(matches!(frames(&body)[..], [(2, _)]), "{body:?}");
    }
}

#[tokio::test]
async fn grpc_web_has_its_trailers_in_the_body() {
    let (gateway, id) = start().await;
    let headers = ["content-type: application/grpc-web+proto", "x-grpc-web: 1"];
    let request = frame(&GetUserRequest { user_id: id });
    let (head, body) = post(&gateway, GET, &headers, &request).await;
    assert!(
        head.contains("content-type: application/grpc-web+proto\r\n"),
        "{head}"
    );
    let found = frames(&body);
    let [(0, message), (0x80, trailers)] = found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(
        GetUserResponse::decode(message).unwrap().user.unwrap().id,
        id
    );
    let trailers = std::str::from_utf8(trailers).unwrap();
    assert!(trailers.contains("grpc-status: 0\r\n"), "{trailers}");

    let (_, body) = post(
        &gateway,
        LIST,
        &headers,
        &frame(&ListUsersRequest::default()),
    )
    .await;
    assert_eq!(frames(&body).len(), 2);
    // An error before any message is among the headers.
    let missing = frame(&GetUserRequest { user_id: 99 });
    let (head, body) = post(&gateway, GET, &headers, &missing).await;
    let said = format!("{head}{}", String::from_utf8_lossy(&body));
    assert!(said.contains("grpc-status: 5"), "{said}");
    assert!(said.contains("grpc-status-details-bin: "), "{said}");
    let late = [&headers[..], &["grpc-timeout: x"]].concat();
    let (head, _) = post(&gateway, GET, &late, &request).await;
    assert!(head.contains("grpc-status: 3"), "{head}");
}

#[tokio::test]
async fn a_response_before_the_end_of_the_request_is_the_last_of_its_connection() {
    let (gateway, _) = start().await;
    let mut peer = TcpStream::connect(&gateway.address).await.unwrap();
    // The length of a message that is not accepted, and nothing of it.
    let text = "POST /user.v1.UserService/CreateUsers HTTP/1.1\r\nhost: a\r\n\
                content-type: application/grpc-web\r\ntransfer-encoding: chunked\r\n\r\n\
                5\r\n\0\x7f\x7f\x7f\x7f\r\n";
    peer.write_all(text.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let reading = async {
        while !received.windows(4).any(|it| it == b"\r\n\r\n") {
            peer.read_buf(&mut received).await.unwrap();
        }
    };
    timeout(LIMIT, reading).await.unwrap();
    let head = String::from_utf8_lossy(&received);
    assert!(head.contains("connection: close\r\n"), "{head}");
}

#[tokio::test]
async fn only_pages_of_listed_origins_may_read_responses() {
    let env = TestEnv::builder().start().await;
    let origins = "https://app.example.com,http://localhost:5173";
    let gateway = GatewayEnv::with_arguments(env, &["--cors-origins", origins]).await;
    let asks = "access-control-request-method: POST";
    let preflight = async |origin: &str| {
        let origin = format!("origin: {origin}");
        gateway.request("OPTIONS", GET, &[&origin, asks], "").await
    };
    let allowed = |response: &Response| {
        let allowed = response.header("access-control-allow-origin");
        allowed.map(str::to_owned)
    };
    for origin in origins.split(',') {
        let response = preflight(origin).await;
        assert_eq!(response.status, 204, "{response:?}");
        assert_eq!(allowed(&response).as_deref(), Some(origin));
        assert_eq!(response.header("access-control-allow-credentials"), None);
        let origin = format!("origin: {origin}");
        let response = gateway.request("GET", "/v1/users/1", &[&origin], "").await;
        assert!(allowed(&response).is_some());
        assert_eq!(response.header("vary"), Some("origin"));
    }
    for origin in [
        "https://evil.example",
        "null",
        "https://app.example.com.evil.example",
    ] {
        let response = preflight(origin).await;
        assert_ne!(response.status, 204, "{response:?}");
        assert_eq!(allowed(&response), None);
    }
}

#[tokio::test]
async fn an_origin_that_is_none_is_wrong_usage() {
    for origin in [
        "*",
        "app.example.com",
        "https://a.example/path",
        "https://u@a.example",
    ] {
        let arguments = ["gateway", "--cors-origins", origin];
        let output = testkit::user_client(&arguments, &[]).await;
        assert_eq!(output.status.code(), Some(2), "{origin}: {output:?}");
    }
}
