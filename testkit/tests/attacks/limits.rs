//! Each limit of connections and requests is reached, and ends as
//! docs/security.md says. Those on calls and messages are tested with the faults.

use std::time::{Duration, Instant};

use http::StatusCode;
use testkit::UserService;
use testkit::sizes::eventually;
use testkit::wire::{self, ACK, DATA, END_HEADERS, GOAWAY, HEADERS, PING, RST_STREAM, frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::Code;
use tonic::transport::Endpoint;
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{CreateUsersRequest, GetUserRequest};

use crate::raw;

const LIMIT: Duration = Duration::from_secs(5);
const GET_USER: &str = "/user.v1.UserService/GetUser";

#[tokio::test(flavor = "multi_thread")]
async fn connection_limit_is_enforced_and_slots_are_released() {
    let service = UserService::embedded(&[("MAX_CONNECTIONS", "3")]).await;
    let url = service.grpc_url();
    let call = frame(
        HEADERS,
        END_HEADERS,
        1,
        &wire::request_headers("CreateUsers"),
    );
    let busy = [wire::opening(), call].concat();
    let mut kept = Vec::new();
    for _ in 0..3 {
        kept.push(wire::connect(url, &busy).await);
    }
    // Accepted in order, so that the fourth is the one that is turned away.
    assert!(wire::is_turned_away(url).await);
    kept.pop();
    eventually("a place is free", LIMIT, async || {
        let next = Endpoint::from_shared(url.to_owned()).unwrap();
        let Ok(channel) = next.connect().await else {
            return false;
        };
        let mut next = UserServiceClient::new(channel);
        let absent = next.get_user(GetUserRequest { user_id: 1 }).await;
        absent.is_err_and(|status| status.code() == Code::NotFound)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_gives_way_to_a_new_one_at_a_limit() {
    for limit in ["MAX_CONNECTIONS", "MAX_CONNECTIONS_PER_ADDRESS"] {
        let service = UserService::embedded(&[(limit, "2")]).await;
        let mut idle = wire::connect(service.grpc_url(), &wire::opening()).await;
        let mut active = UserServiceClient::new(raw::channel(&service).await);
        let started = Instant::now();
        // A connection gives way once it was idle for a second; this one never is.
        while started.elapsed() < Duration::from_millis(1500) {
            let absent = active.get_user(GetUserRequest { user_id: 1 }).await;
            assert_eq!(absent.unwrap_err().code(), Code::NotFound);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut new = UserServiceClient::new(raw::channel(&service).await);
        for client in [&mut new, &mut active] {
            let absent = client.get_user(GetUserRequest { user_id: 1 }).await;
            assert_eq!(absent.unwrap_err().code(), Code::NotFound, "{limit}");
        }
        let (_, received) = wire::until_closed(&mut idle, LIMIT).await;
        let frames = wire::frames(&received);
        assert!(frames.iter().any(|frame| frame.0 == GOAWAY), "{frames:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_beyond_the_connection_limit_are_refused_streams() {
    const REFUSED_STREAM: [u8; 4] = [0, 0, 0, 7];
    let service = UserService::embedded(&[("MAX_STREAMS_PER_CONNECTION", "3")]).await;
    let open = |stream| {
        let headers = wire::request_headers("CreateUsers");
        frame(HEADERS, END_HEADERS, stream, &headers)
    };
    let calls: Vec<u8> = [1, 3, 5, 7].into_iter().flat_map(open).collect();
    let mut peer = wire::connect(service.grpc_url(), &[wire::opening(), calls].concat()).await;
    let mut received = Vec::new();
    eventually("a stream is refused", LIMIT, async || {
        peer.read_buf(&mut received).await.unwrap();
        wire::frames(&received).contains(&(RST_STREAM, &REFUSED_STREAM))
    })
    .await;
    let frames = wire::frames(&received);
    let resets = frames.iter().filter(|frame| frame.0 == RST_STREAM).count();
    assert_eq!(resets, 1);
    assert!(!frames.iter().any(|frame| frame.0 == GOAWAY), "{frames:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connection_gets_goaway() {
    const NO_ERROR: [u8; 4] = [0; 4];
    let service = UserService::embedded(&[("MAX_CONNECTION_IDLE", "300ms")]).await;
    let mut peer = wire::connect(service.grpc_url(), &wire::opening()).await;
    let mut received = Vec::new();
    // With GOAWAY comes a ping, by whose answer the service knows that it was heard.
    eventually("the service says to go", LIMIT, async || {
        peer.read_buf(&mut received).await.unwrap();
        wire::frames(&received).iter().any(|frame| frame.0 == PING)
    })
    .await;
    let frames = wire::frames(&received);
    let payload = |kind| frames.iter().find(|frame| frame.0 == kind).unwrap().1;
    assert_eq!(payload(GOAWAY)[4..8], NO_ERROR);
    let heard = frame(PING, ACK, 0, payload(PING));
    peer.write_all(&heard).await.unwrap();
    wire::until_closed(&mut peer, LIMIT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_over_16_kib_ends_its_connection() {
    const FRAME_SIZE_ERROR: [u8; 4] = [0, 0, 0, 6];
    let service = UserService::embedded(&[]).await;
    let sent = [wire::opening(), frame(DATA, 0, 1, &[0; 16 * 1024 + 1])].concat();
    let mut peer = wire::connect(service.grpc_url(), &sent).await;
    let (_, received) = wire::until_closed(&mut peer, LIMIT).await;
    let frames = wire::frames(&received);
    let goaway = frames.iter().find(|frame| frame.0 == GOAWAY).unwrap();
    assert_eq!(goaway.1[4..8], FRAME_SIZE_ERROR);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_over_16_kib_are_resource_exhausted_and_over_128_kib_no_request() {
    let service = UserService::embedded(&[]).await;
    let mut channel = raw::channel(&service).await;
    let table = [
        (16, StatusCode::OK, Some(Code::NotFound)),
        (17, StatusCode::OK, Some(Code::ResourceExhausted)),
        (120, StatusCode::OK, Some(Code::ResourceExhausted)),
        (130, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, None),
    ];
    for (kibibytes, http, code) in table {
        let mut request = raw::call(GET_USER, &[0, 0, 0, 0, 2, 8, 1]);
        // Each counts as a KiB, with its name of one byte and 32 for itself.
        for _ in 1..kibibytes {
            let value = "v".repeat(1024 - 33).parse().unwrap();
            request.headers_mut().append("x", value);
        }
        let (got, status) = raw::send(&mut channel, request).await;
        assert_eq!(
            (got, status.map(|it| it.code())),
            (http, code),
            "{kibibytes}"
        );
    }
}

/// Nothing but gzip is decompressed, so there is nothing else that can grow.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_compressed_otherwise_than_by_gzip_is_unimplemented() {
    let service = UserService::embedded(&[]).await;
    let mut channel = raw::channel(&service).await;
    for encoding in ["deflate", "zstd", "snappy"] {
        let mut request = raw::call(GET_USER, &[1, 0, 0, 0, 2, 0x1f, 0x8b]);
        let value = encoding.parse().unwrap();
        request.headers_mut().insert("grpc-encoding", value);
        let (_, status) = raw::send(&mut channel, request).await;
        assert_eq!(status.unwrap().code(), Code::Unimplemented, "{encoding}");
    }
}

/// Five bytes of a row that is empty are answered with hundreds.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_has_at_most_ten_thousand_rows_that_fail() {
    let mut service = UserService::embedded(&[]).await;
    let channel = raw::channel(&service).await;
    let mut client = UserServiceClient::new(channel).max_decoding_message_size(64 << 20);
    let mut rows = async |count| {
        let rows = tokio_stream::iter(vec![CreateUsersRequest::default(); count]);
        client.create_users(rows).await
    };
    let answered = rows(10_000).await.unwrap().into_inner();
    assert_eq!(answered.failures.len(), 10_000);
    let before = service.process().resident();
    let refused = rows(1_000_000).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    let grown = service.process().resident().saturating_sub(before);
    assert!(grown < 16 * 1024, "{grown} KiB more");
}

/// Each is refused, at first with a status and then unseen, until there were too many.
#[tokio::test(flavor = "multi_thread")]
async fn calls_beyond_the_limit_of_an_address_are_refused_and_a_flood_of_them_ends() {
    const REFUSED_STREAM: [u8; 4] = [0, 0, 0, 7];
    const ENHANCE_YOUR_CALM: [u8; 4] = [0, 0, 0, 11];
    let service = UserService::embedded(&[("MAX_STREAMS_PER_ADDRESS", "2")]).await;
    let headers = wire::request_headers("CreateUsers");
    let open = |number: u32| frame(HEADERS, END_HEADERS, 2 * number + 1, &headers);
    let mut peer = wire::connect(service.grpc_url(), &wire::opening()).await;
    let mut received = Vec::new();
    // A few at a time: more than a connection may have open are refused by h2 itself.
    for first in (0..2_000_u32).step_by(50) {
        let calls: Vec<u8> = (first..first + 50).flat_map(open).collect();
        if peer.write_all(&calls).await.is_err() {
            break;
        }
        let _ = peer.read_buf(&mut received).await;
    }
    let (_, rest) = wire::until_closed(&mut peer, LIMIT).await;
    received.extend(rest);
    let frames = wire::frames(&received);
    assert!(frames.contains(&(RST_STREAM, &REFUSED_STREAM)));
    let goaway = frames.iter().find(|frame| frame.0 == GOAWAY).unwrap();
    assert_eq!(goaway.1[4..8], ENHANCE_YOUR_CALM);
}
