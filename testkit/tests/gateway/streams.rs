//! Calls with streams: lines, events and arrays.

use serde_json::{Value, json};
use testkit::TestEnv;
use testkit::users::new_user;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::gateway_env::{GatewayEnv, LIMIT, Response};

const LINES: &str = "content-type: application/x-ndjson";

async fn start() -> GatewayEnv {
    GatewayEnv::in_front_of(TestEnv::builder().start().await).await
}

/// New users, each a line.
fn users(count: usize) -> String {
    let users = (0..count).map(|_| {
        let user = new_user();
        let row = json!({"name": user.name, "email": user.email, "requestId": user.request_id});
        format!("{row}\n")
    });
    users.collect()
}

async fn create(gateway: &GatewayEnv, count: usize) {
    let path = "/v1/users:batchCreate";
    let created = gateway.request("POST", path, &[LINES], &users(count)).await;
    assert_eq!(created.status, 200, "{created:?}");
    assert_eq!(created.json()["createdCount"], count.to_string());
}

fn ids(lines: &str) -> Vec<i64> {
    let values = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let ids = values.map(|it| it["user"]["id"].as_str().unwrap().parse().unwrap());
    ids.collect()
}

#[tokio::test]
async fn a_list_is_lines_or_events_or_an_array() {
    let gateway = start().await;
    create(&gateway, 600).await;
    let lines = gateway.get("/v1/users").await;
    assert_eq!(lines.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(ids(&lines.body), (1..=600).collect::<Vec<_>>());
    let some = gateway.get("/v1/users?after_user_id=590&limit=3").await;
    assert_eq!(ids(&some.body), [591, 592, 593]);

    let accept = ["accept: application/json"];
    let array = gateway
        .request("GET", "/v1/users?limit=5", &accept, "")
        .await;
    assert_eq!(array.header("content-type"), Some("application/json"));
    assert_eq!(array.json().as_array().unwrap().len(), 5);
    let none = gateway
        .request("GET", "/v1/users?afterUserId=600", &accept, "")
        .await;
    assert_eq!(none.json(), json!([]));

    let accept = ["accept: text/event-stream"];
    let events = gateway
        .request("GET", "/v1/users?limit=2", &accept, "")
        .await;
    assert_eq!(events.header("content-type"), Some("text/event-stream"));
    let parts: Vec<_> = events.body.split_terminator("\n\n").collect();
    assert_eq!(parts.len(), 3, "{parts:?}");
    assert!(parts[0].starts_with("data: {\"user\":{"), "{parts:?}");
    assert_eq!(parts[2], "event: end\ndata: {}");
}

#[tokio::test]
async fn an_error_before_the_first_message_has_its_status() {
    let gateway = start().await;
    let response = gateway.get("/v1/users?limit=-1").await;
    assert_eq!(response.status, 400, "{response:?}");
    assert_eq!(response.json()["error"]["status"], "INVALID_ARGUMENT");
}

#[tokio::test]
async fn users_are_created_in_one_request_and_each_row_fails_alone() {
    let gateway = start().await;
    let good = new_user();
    let rows = json!([
        {"name": good.name, "email": good.email},
        {"name": "", "email": "x"},
        {"name": good.name, "email": new_user().email},
    ]);
    let created = gateway
        .post("/v1/users:batchCreate", &rows.to_string())
        .await;
    assert_eq!(created.status, 200, "{created:?}");
    let summary = created.json();
    assert_eq!(summary["createdCount"], "2");
    assert_eq!(summary["userIds"].as_array().unwrap().len(), 2);
    let failure = &summary["failures"][0];
    assert_eq!(failure["index"], "1");
    assert_eq!(failure["status"]["code"], 3);
    let details = failure["status"]["details"].as_array().unwrap();
    let has = |kind: &str| {
        details
            .iter()
            .any(|it| it["@type"].as_str().unwrap().ends_with(kind))
    };
    assert!(has("google.rpc.BadRequest"), "{failure}");
}

#[tokio::test]
async fn users_are_looked_up_in_the_order_of_the_rows() {
    let gateway = start().await;
    create(&gateway, 3).await;
    let body = "{\"userId\":\"3\"}\n{\"userId\":99}\n{\"userId\":\"1\"}\n";
    let found = gateway
        .request("POST", "/v1/users:batchGet", &[LINES], body)
        .await;
    assert_eq!(found.status, 200, "{found:?}");
    let rows: Vec<Value> = found
        .body
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    let ids: Vec<_> = rows
        .iter()
        .map(|row| row["userId"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["3", "99", "1"]);
    assert_eq!(rows[0]["user"]["id"], "3");
    assert_eq!(rows[1]["error"]["code"], 5);
}

/// Reads from `peer` until there is `text`.
async fn read_until(peer: &mut TcpStream, received: &mut String, text: &str) {
    let reading = async {
        while !received.contains(text) {
            let mut buffer = [0; 4096];
            let count = peer.read(&mut buffer).await.unwrap();
            assert_ne!(count, 0, "{received}");
            received.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
    };
    timeout(LIMIT, reading).await.unwrap();
}

#[tokio::test]
async fn a_caller_may_wait_for_each_response_before_its_next_row() {
    let gateway = start().await;
    create(&gateway, 2).await;
    let mut peer = TcpStream::connect(&gateway.address).await.unwrap();
    let head = format!(
        "POST /v1/users:batchGet HTTP/1.1\r\nhost: a\r\n{LINES}\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let mut received = String::new();
    peer.write_all(head.as_bytes()).await.unwrap();
    // The head comes before any row was sent.
    read_until(&mut peer, &mut received, "HTTP/1.1 200 OK").await;
    for id in ["2", "1"] {
        let row = format!("{{\"userId\":\"{id}\"}}\n");
        let chunk = format!("{:x}\r\n{row}\r\n", row.len());
        peer.write_all(chunk.as_bytes()).await.unwrap();
        read_until(&mut peer, &mut received, &format!("\"id\":\"{id}\"")).await;
    }
    peer.write_all(b"0\r\n\r\n").await.unwrap();
    read_until(&mut peer, &mut received, "\r\n0\r\n\r\n").await;
}

#[tokio::test]
async fn a_row_that_is_wrong_ends_the_call_with_its_number() {
    let gateway = start().await;
    let body = format!("{}{{\"nickname\":1}}\n", users(1));
    let created = gateway
        .request("POST", "/v1/users:batchCreate", &[LINES], &body)
        .await;
    assert_eq!(created.status, 400, "{created:?}");
    let message = created.json()["error"]["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(message.starts_with("row 1 of the body"), "{message}");
    assert!(
        message.contains("unrecognized field name 'nickname'"),
        "{message}"
    );

    // The head may have been sent already.
    let found = gateway
        .request("POST", "/v1/users:batchGet", &[LINES], "{\"x\":1}\n")
        .await;
    assert!(matches!(found.status, 200 | 400), "{found:?}");
    assert_eq!(found.json()["error"]["code"], 400);
    for (headers, body, status) in [
        (&["content-type: text/plain"][..], "{}", 415),
        (&[LINES, "idempotency-key: a"], "{}", 400),
        (&["content-type: application/json"], "{}", 400),
        (&["content-type: application/json"], "[{},]", 400),
        (&[LINES, "grpc-timeout: x"], "{}", 400),
    ] {
        let path = "/v1/users:batchCreate";
        let response = gateway.request("POST", path, headers, body).await;
        assert_eq!(response.status, status, "{headers:?} {body}: {response:?}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_taken_for_a_whole_one() {
    let gateway = start().await;
    let mut peer = TcpStream::connect(&gateway.address).await.unwrap();
    let row = users(1);
    let text = format!(
        "POST /v1/users:batchCreate HTTP/1.1\r\nhost: a\r\n{LINES}\r\ntransfer-encoding: chunked\r\n\r\n\
         {:x}\r\n{row}\r\n",
        row.len()
    );
    peer.write_all(text.as_bytes()).await.unwrap();
    peer.shutdown().await.unwrap();
    let mut received = String::new();
    let reading = peer.read_to_string(&mut received);
    let _ = timeout(LIMIT, reading).await.unwrap();
    assert!(!received.contains("createdCount"), "{received}");
}

#[tokio::test]
async fn a_long_list_takes_constant_memory_however_slowly_it_is_read() {
    let gateway = start().await;
    create(&gateway, 20_000).await;
    let before = gateway.process.resident();
    let mut peers = Vec::new();
    for _ in 0..20 {
        let mut peer = TcpStream::connect(&gateway.address).await.unwrap();
        let request = b"GET /v1/users HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        peer.write_all(request).await.unwrap();
        let mut received = String::new();
        read_until(&mut peer, &mut received, "\"user\"").await;
        peers.push((peer, received));
    }
    for (mut peer, mut received) in peers {
        peer.read_to_string(&mut received).await.unwrap();
        assert_eq!(ids(&Response::of(&received).body).len(), 20_000);
    }
    let grown = gateway.process.resident().saturating_sub(before);
    // 20 lists have 60 MB.
    assert!(grown < 30 << 20, "{grown} bytes");
}
