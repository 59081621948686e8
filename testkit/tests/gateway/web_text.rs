//! gRPC-Web in base64 (`grpc-web-text`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost::Message;
use user_proto::v1::{GetUserRequest, GetUserResponse, ListUsersRequest};

use crate::rpc::{GET, LIST, frame, frames, post, start};

const TEXT: &str = "content-type: application/grpc-web-text";

/// The bytes of a response, whose pieces may be padded each.
fn decoded(text: &[u8]) -> Vec<u8> {
    let groups = text.chunks(4);
    groups.flat_map(|it| STANDARD.decode(it).unwrap()).collect()
}

#[tokio::test]
async fn grpc_web_is_served_in_base64() {
    let (gateway, id) = start().await;
    let request = STANDARD.encode(frame(&GetUserRequest { user_id: id }));
    let (head, body) = post(&gateway, GET, &[TEXT], request.as_bytes()).await;
    let media_type = "content-type: application/grpc-web-text+proto\r\n";
    assert!(head.contains(media_type), "{head}");
    let body = decoded(&body);
    let [(0, message), (0x80, trailers)] = frames(&body)[..] else {
        panic!("{body:?}");
    };
    let user = GetUserResponse::decode(message).unwrap().user;
    assert_eq!(user.unwrap().id, id);
    assert!(trailers.starts_with(b"grpc-status: 0\r\n"), "{trailers:?}");

    let request = STANDARD.encode(frame(&ListUsersRequest::default()));
    let (_, body) = post(&gateway, LIST, &[TEXT], request.as_bytes()).await;
    assert_eq!(frames(&decoded(&body)).len(), 2);
}

#[tokio::test]
async fn errors_in_base64_are_among_the_headers() {
    let (gateway, _) = start().await;
    let missing = STANDARD.encode(frame(&GetUserRequest { user_id: 99 }));
    for (body, status) in [(&missing[..], 5), ("AAAAAAA", 3), ("?", 3), ("AAAA", 12)] {
        let (head, _) = post(&gateway, GET, &[TEXT], body.as_bytes()).await;
        let expected = format!("grpc-status: {status}\r\n");
        assert!(head.contains(&expected), "{body}: {head}");
        let media_type = "content-type: application/grpc-web-text+proto\r\n";
        assert!(head.contains(media_type), "{head}");
    }
}
