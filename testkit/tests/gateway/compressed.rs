//! Compression (gzip) of Connect: responses for callers that accept it, and bounds of requests.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::gateway_env::GatewayEnv;
use crate::rpc::{GET, LIST, frames, post, start};

const JSON: &str = "content-type: application/json";
const STREAM: &str = "content-type: application/connect+json";

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn json_of(bytes: &[u8]) -> Value {
    let mut decoded = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut decoded).unwrap();
    serde_json::from_slice(&decoded).unwrap()
}

/// The id of a user whose message is long enough to be compressed.
async fn a_long_user(gateway: &GatewayEnv) -> String {
    let part = "a".repeat(60);
    let user = json!({
        // Four bytes each.
        "name": "\u{1d11e}".repeat(200),
        "email": format!("{part}@{part}.{part}.example"),
    });
    let created = gateway.post("/v1/users", &user.to_string()).await;
    assert_eq!(created.status, 200, "{created:?}");
    created.json()["userId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn long_responses_are_compressed_for_callers_that_accept_it() {
    let (gateway, short) = start().await;
    let long = a_long_user(&gateway).await;
    let gzip = "accept-encoding: br, gzip";
    for (id, accepts, is_compressed) in [
        (long.clone(), &[JSON, gzip][..], true),
        (long.clone(), &[JSON, "accept-encoding: gzip;q=0"], false),
        (long, &[JSON], false),
        (short.to_string(), &[JSON, gzip], false),
    ] {
        let request = json!({"userId": id}).to_string();
        let (head, body) = post(&gateway, GET, accepts, request.as_bytes()).await;
        assert!(head.contains("vary: accept-encoding\r\n"), "{head}");
        let says_so = head.contains("content-encoding: gzip\r\n");
        assert_eq!(says_so, is_compressed, "{head}");
        let user = match is_compressed {
            true => json_of(&body),
            false => serde_json::from_slice(&body).unwrap(),
        };
        assert_eq!(user["user"]["id"], id, "{head}");
    }
}

#[tokio::test]
async fn long_messages_of_a_stream_are_compressed_for_callers_that_accept_it() {
    let (gateway, _) = start().await;
    let long = a_long_user(&gateway).await;
    let request = [&[0, 0, 0, 0, 2][..], b"{}"].concat();
    let accepts = [STREAM, "connect-accept-encoding: gzip"];
    let (head, body) = post(&gateway, LIST, &accepts, &request).await;
    assert!(
        head.contains("connect-content-encoding: gzip\r\n"),
        "{head}"
    );
    let all = frames(&body);
    let [(0, _), (1, message), (2, b"{}")] = all[..] else {
        panic!("{all:?}");
    };
    assert_eq!(json_of(message)["user"]["id"], long);
    let (head, body) = post(&gateway, LIST, &[STREAM], &request).await;
    assert!(!head.contains("connect-content-encoding"), "{head}");
    let flags = frames(&body).into_iter().map(|(flags, _)| flags);
    assert_eq!(flags.collect::<Vec<_>>(), [0, 0, 2]);
}

#[tokio::test]
async fn compressed_requests_are_bounded_by_their_size_after_decompression() {
    let (gateway, id) = start().await;
    let request = json!({"userId": id.to_string()}).to_string();
    let headers = [JSON, "content-encoding: gzip"];
    let (head, _) = post(&gateway, GET, &headers, &compressed(request.as_bytes())).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let bomb = compressed(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    let (head, body) = post(&gateway, GET, &headers, &bomb).await;
    assert!(head.starts_with("HTTP/1.1 413 "), "{head}");
    let error: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(error["code"], "resource_exhausted");
    let length = u32::try_from(bomb.len()).unwrap().to_be_bytes();
    let request = [&[1][..], &length, &bomb].concat();
    let headers = [STREAM, "connect-content-encoding: gzip"];
    let (_, body) = post(&gateway, LIST, &headers, &request).await;
    let [(2, end)] = frames(&body)[..] else {
        panic!("{body:?}");
    };
    let end: Value = serde_json::from_slice(end).unwrap();
    assert_eq!(end["error"]["code"], "resource_exhausted");
}
