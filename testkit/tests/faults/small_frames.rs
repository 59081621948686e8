//! Peers that send a frame for each message, faster than the other takes them. h2 ends
//! a connection on which too many small frames wait, with all of its calls.

mod server;

use std::time::{Duration, Instant};

use futures_util::stream;
use http::Request;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame};
use testkit::wire::{self, ACK, DATA, END_HEADERS, GOAWAY, HEADERS, PING, frame};
use testkit::{Stream, TableLock, UserService};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use tonic::Code;
use user_proto::v1::{CreateUsersRequest, GetUserRequest, GetUsersRequest};

use self::server::FramePerMessage;
use crate::raw::{Answer, RawClient, call, message, whole};
use crate::support::{client, proxied};

const LIMIT: Duration = Duration::from_secs(60);

/// A call of `method`, whose messages leave one by one.
struct Call(AbortOnDropHandle<hyper::Result<Answer>>);

impl Call {
    fn start(
        client: &RawClient,
        method: &str,
        messages: impl Iterator<Item = Bytes> + Send + 'static,
    ) -> Self {
        let frames = messages.map(|message| Ok(Frame::data(message)));
        let body = StreamBody::new(stream::iter(frames)).boxed_unsync();
        let request = call(method).body(body).unwrap();
        let client = client.clone();
        let sending = tokio::spawn(async move { client.send(request).await });
        Self(AbortOnDropHandle::new(sending))
    }

    async fn succeeds(self) {
        let answer = timeout(LIMIT, self.0).await.unwrap().unwrap().unwrap();
        assert_eq!(answer.code(), Some(Code::Ok), "{answer:?}");
    }
}

/// Rows of some twenty bytes, each of them in a message.
fn rows(of: usize, count: usize) -> impl Iterator<Item = Bytes> {
    (0..count).map(move |number| {
        message(&CreateUsersRequest {
            name: "A".to_owned(),
            email: format!("{of}.{number}@x.io"),
            ..CreateUsersRequest::default()
        })
    })
}

/// Lookups of eight bytes, each of them in a message.
fn lookups(count: i64) -> impl Iterator<Item = Bytes> {
    (1..=count).map(|user_id| message(&GetUsersRequest { user_id }))
}

/// Another call on the connection of `client`.
async fn other_call(client: &RawClient) -> Option<Code> {
    let body = message(&GetUserRequest { user_id: i64::MAX });
    let request = call("GetUser").body(whole(body)).unwrap();
    client.send(request).await.unwrap().code()
}

#[tokio::test(flavor = "multi_thread")]
async fn creates_in_small_frames_succeed_while_the_database_is_slow() {
    let env = proxied(&[]).await;
    // So that there is a connection to the database.
    env.a_user().await;
    let mut lock = TableLock::on_users(env.database()).await;
    let client = RawClient::connect(env.service.grpc_url()).await;
    let call = Call::start(&client, "CreateUsers", rows(0, 20_000));
    lock.wait_for_a_statement().await;
    drop(lock);
    call.succeeds().await;
    assert_eq!(other_call(&client).await, Some(Code::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn lookups_in_small_frames_succeed() {
    let service = UserService::embedded(&[("CACHE_TTL", "0s")]).await;
    let client = RawClient::connect(service.grpc_url()).await;
    Call::start(&client, "GetUsers", lookups(20_000))
        .succeeds()
        .await;
    assert_eq!(other_call(&client).await, Some(Code::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_streams_of_small_frames_on_one_connection_succeed() {
    let service = UserService::embedded(&[]).await;
    let client = RawClient::connect(service.grpc_url()).await;
    let start = |of| Call::start(&client, "CreateUsers", rows(of, 4_000));
    for call in (0..8).map(start).collect::<Vec<_>>() {
        call.succeeds().await;
    }
    assert_eq!(other_call(&client).await, Some(Code::NotFound));
}

/// As a gateway has the calls of many callers on one connection.
#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_wait_for_the_database_stall_no_other_call_of_their_connection() {
    let mut env = proxied(&[("RUST_LOG", "info,grpc_server=debug")]).await;
    env.a_user().await;
    let mut lock = TableLock::on_users(env.database()).await;
    let client = RawClient::connect(env.service.grpc_url()).await;
    let start = |of| Call::start(&client, "CreateUsers", rows(of, 20_000));
    let uploads: Vec<_> = (0..8).map(start).collect();
    lock.wait_for_a_statement().await;
    // Until they have sent all that they may ahead, and some more.
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(3) {
        let check = timeout(Duration::from_secs(10), health_check(&client)).await;
        let log = env.service.process().text(Stream::Stdout);
        assert_eq!(check, Ok(Ok(Some(Code::Ok))), "{log}");
    }
    drop(lock);
    // The database may have given them up meanwhile; their connection continues.
    for Call(upload) in uploads {
        let answer = timeout(LIMIT, upload).await.unwrap().unwrap();
        assert!(answer.is_ok(), "{answer:?}");
    }
    assert_eq!(health_check(&client).await, Ok(Some(Code::Ok)));
}

/// A call that needs no database.
async fn health_check(client: &RawClient) -> Result<Option<Code>, String> {
    let request = Request::post("http://localhost/grpc.health.v1.Health/Check")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(whole(Bytes::from_static(&[0; 5])));
    let answer = client.send(request.unwrap()).await;
    answer
        .map(|it| it.code())
        .map_err(|error| error.to_string())
}

/// What a caller still sends, as it has not learned yet that its call is over.
#[tokio::test(flavor = "multi_thread")]
async fn small_frames_after_the_end_of_a_call_end_no_connection() {
    let service = UserService::embedded(&[]).await;
    let small = frame(DATA, 0, 1, &[0; 8]).repeat(30_000);
    let call = wire::request_headers("NoSuchMethod");
    let sent = [
        wire::opening(),
        frame(HEADERS, END_HEADERS, 1, &call),
        small,
        frame(PING, 0, 0, &[7; 8]),
    ];
    let (kinds, goaway) = until_pong(&service, &sent.concat()).await;
    assert!(!goaway, "{kinds:?}");
}

/// The kinds of frames up to the response of a ping or the end, and whether that is a GOAWAY.
async fn until_pong(service: &UserService, sent: &[u8]) -> (Vec<u8>, bool) {
    let mut peer = wire::connect(service.grpc_url(), sent).await;
    let mut received = Vec::new();
    let pong = frame(PING, ACK, 0, &[7; 8]);
    let reading = async {
        while !received.windows(pong.len()).any(|it| it == pong) {
            if peer.read_buf(&mut received).await.unwrap_or(0) == 0 {
                break;
            }
        }
    };
    timeout(LIMIT, reading).await.unwrap();
    let kinds = wire::frames(&received).into_iter().map(|frame| frame.0);
    let kinds: Vec<_> = kinds.collect();
    let goaway = !kinds.contains(&PING) || kinds.contains(&GOAWAY);
    (kinds, goaway)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_in_small_frames_waits_for_its_reader() {
    const USERS: i64 = 50_000;
    let server = FramePerMessage::start(USERS).await;
    let client = client(server.url(), LIMIT);
    let mut listed = client.list(0, 0).await.unwrap();
    let mut count = i64::from(listed.next().await.unwrap().is_some());
    server.stalled().await;
    while listed.next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, USERS);
}
