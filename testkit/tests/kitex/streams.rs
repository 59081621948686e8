//! TTHeader Streaming: the three stream calls, and the ways in which they end.

use std::time::Duration;

use bytes::Bytes;
use kitex_codec::thrift::decode;
use kitex_codec::{ApplicationException, StreamFrame, StreamFrameKind, keys};
use testkit::sizes::eventually;
use testkit::{Signal, TableLock, text};
use tokio::net::TcpStream;
use user_proto::v1::get_users_response::Result as Outcome;
use user_proto::v1::{
    CreateUsersRequest, CreateUsersResponse, GetUsersRequest, GetUsersResponse, ListUsersRequest,
    ListUsersResponse,
};

use crate::stream_peer::{StreamPeer, header, message};
use crate::support::start;
use crate::vectors::named;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const LIMIT: Duration = Duration::from_secs(20);

fn everybody() -> [ListUsersRequest; 1] {
    [ListUsersRequest::default()]
}

fn name(response: &Bytes) -> String {
    let response: GetUsersResponse = decode(response).unwrap();
    match response.result.unwrap() {
        Outcome::User(user) => user.name,
        Outcome::Error(status) => status.message,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_three_streams_are_served_on_one_connection() {
    let env = start(&[]).await;
    let mut peer = StreamPeer::connect(env.url()).await;
    peer.call(header(1, "ListUsers"), &everybody()).await;
    let listed = peer.responses().await;
    let user = |message: &Bytes| decode::<ListUsersResponse>(message).unwrap().user.unwrap();
    let ids: Vec<_> = listed.messages.iter().map(|it| user(it).id).collect();
    assert_eq!(ids, [7, 12345]);
    assert!(listed.trailer.payload.is_empty() && listed.trailer.infos.is_empty());

    // Its requests come one by one, each after the response to the one before.
    peer.send(header(-2, "GetUsers")).await;
    peer.message(-2, &GetUsersRequest { user_id: 7 }).await;
    assert_eq!(peer.next().await.kind, StreamFrameKind::Header);
    assert_eq!(name(&peer.next().await.payload), "Ada Lovelace");
    peer.message(-2, &GetUsersRequest { user_id: 404 }).await;
    assert_eq!(name(&peer.next().await.payload), "no user has the id 404");
    peer.close(-2).await;
    assert_eq!(peer.next().await.kind, StreamFrameKind::Trailer);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_rows_than_are_queued_are_all_created() {
    let env = start(&[]).await;
    let mut peer = StreamPeer::connect(env.url()).await;
    let rows: Vec<_> = (0..6_000)
        .map(|index| CreateUsersRequest {
            name: format!("User {index}"),
            email: format!("user{index}@example.com"),
            ..CreateUsersRequest::default()
        })
        .collect();
    peer.call(header(1, "CreateUsers"), &rows).await;
    let created = peer.responses().await;
    let created: CreateUsersResponse = decode(&created.messages[0]).unwrap();
    assert_eq!(created.created_count, 6_000);
    assert!(env.service.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_business_errors_and_other_failures_exceptions() {
    let env = start(&[]).await;
    let mut peer = StreamPeer::connect(env.url()).await;
    let negative = ListUsersRequest {
        limit: -1,
        ..ListUsersRequest::default()
    };
    peer.call(header(1, "ListUsers"), &[negative]).await;
    let error = peer.responses().await.business_error();
    assert_eq!(
        (error.status, &*error.extra["reason"]),
        (3, "INVALID_FIELDS")
    );
    assert_eq!(error.extra["trace_id"].len(), 32);

    let nothing: [ListUsersRequest; 0] = [];
    peer.call(header(2, "DeleteUsers"), &nothing).await;
    let exception = peer.responses().await.exception();
    assert_eq!(exception.kind, ApplicationException::UNKNOWN_METHOD);
    peer.send(header(3, "ListUsers")).await;
    let malformed = Bytes::from_static(b"\xff");
    let malformed = StreamFrame::new(StreamFrameKind::Data, 3, "ListUsers", malformed);
    peer.send(malformed).await;
    peer.close(3).await;
    let exception = peer.responses().await.exception();
    assert_eq!(exception.kind, ApplicationException::PROTOCOL_ERROR);

    let mut captured = StreamPeer::connect(env.url()).await;
    captured.0.send(&named("ttstream-sstream").sent).await;
    let exception = captured.responses().await.exception();
    assert_eq!(exception.kind, ApplicationException::UNKNOWN_SERVICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_at_the_deadline_that_its_client_sent() {
    let env = start(&[]).await;
    let _lock = TableLock::on_users(env.database()).await;
    let mut peer = StreamPeer::connect(env.url()).await;
    let mut late = header(1, "ListUsers");
    late.infos.set_int(keys::RPC_TIMEOUT, "300");
    peer.call(late, &everybody()).await;
    let exception = peer.responses().await.exception();
    assert!(
        exception.message.starts_with("DEADLINE_EXCEEDED"),
        "{exception}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_stream_leaves_the_others_alone() {
    let env = start(&[]).await;
    let mut peer = StreamPeer::connect(env.url()).await;
    let mut lock = TableLock::on_users(env.database()).await;
    peer.send(header(1, "GetUsers")).await;
    peer.call(header(2, "ListUsers"), &everybody()).await;
    lock.wait_for_a_statement().await;
    let reset = StreamFrame::new(StreamFrameKind::Reset, 2, "ListUsers", Bytes::new());
    peer.send(reset).await;
    let labels = ["rpc_response_status_code=\"CANCELLED\""];
    eventually("the call is cancelled", LIMIT, async || {
        let metrics = env.service.metrics().await;
        metrics.sum("rpc_server_call_duration_seconds_count", &labels) > 0.0
    })
    .await;
    drop(lock);

    peer.message(1, &GetUsersRequest { user_id: 7 }).await;
    peer.close(1).await;
    let responses = peer.responses().await;
    assert_eq!(responses.trailer.stream, 1);
    assert_eq!(name(&responses.messages[0]), "Ada Lovelace");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trace_of_the_client_goes_on() {
    let env = start(&[]).await;
    let mut peer = StreamPeer::connect(env.url()).await;
    let mut traced = header(1, "ListUsers");
    traced.infos.set_string("RPC_TRANSIT_traceparent", PARENT);
    peer.call(traced, &everybody()).await;
    peer.responses().await;
    let (traces, _database) = env.finish().await;
    let trace = traces.iter().find(|it| it.id() == &PARENT[3..35]).unwrap();
    let span = trace.span("UserService/ListUsers");
    assert_eq!(text(span, "rpc.system.name"), Some("kitex"));
    assert!(trace.tree().contains("CLIENT SELECT users"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_stream_goes_on_while_the_service_stops() {
    let mut env = start(&[]).await;
    let mut peer = StreamPeer::connect(env.url()).await;
    peer.send(header(1, "GetUsers")).await;
    peer.message(1, &GetUsersRequest { user_id: 7 }).await;
    assert_eq!(peer.next().await.kind, StreamFrameKind::Header);
    peer.next().await;

    env.service.process().signal(Signal::TERM);
    let address = env.url().strip_prefix("http://").unwrap().to_owned();
    eventually("the port refuses connections", LIMIT, async || {
        TcpStream::connect(&address).await.is_err()
    })
    .await;

    peer.message(1, &GetUsersRequest { user_id: 12345 }).await;
    assert_eq!(name(&peer.next().await.payload), "Ada Lovelace");
    peer.close(1).await;
    assert_eq!(peer.next().await.kind, StreamFrameKind::Trailer);
    peer.0.assert_closed().await;
    drop(peer);
    assert!(env.service.process().wait(LIMIT).await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_beyond_the_limit_are_refused_and_one_that_begins_twice_closes() {
    let env = start(&[("MAX_STREAMS_PER_CONNECTION", "1")]).await;
    let mut peer = StreamPeer::connect(env.url()).await;
    peer.send(header(1, "GetUsers")).await;
    peer.call(header(2, "ListUsers"), &everybody()).await;
    let responses = peer.responses().await;
    assert_eq!(responses.trailer.stream, 2);
    let message = responses.exception().message;
    assert!(message.starts_with("RESOURCE_EXHAUSTED"), "{message}");

    peer.send(header(1, "GetUsers")).await;
    peer.0.assert_closed().await;
    assert!(env.service.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_nothing_is_closed() {
    let mut env = start(&[("CONNECTION_TIMEOUT", "500ms")]).await;
    let before = env.service.process().resident();
    let mut peer = StreamPeer::connect(env.url()).await;
    peer.send(header(1, "GetUsers")).await;
    let requests = message(1, &GetUsersRequest { user_id: 7 }).repeat(1_000);
    peer.0.send_until_closed(&requests).await;
    let grown = env.service.process().resident().saturating_sub(before);
    assert!(grown < 32 * 1024, "{grown} KiB more");
    assert!(env.service.stop().await.success());
}
