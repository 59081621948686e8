//! Connections that end: with the service, by age, and while they are idle.

use std::time::Duration;

use kitex_codec::{Frame, MessageKind, flags, keys};
use testkit::sizes::eventually;
use testkit::{Signal, TableLock, TestEnv};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::peer::Peer;
use crate::support::{get_user, start};
use crate::vectors::named;

/// How long a service may take to notice its signal, and to end.
const LIMIT: Duration = Duration::from_secs(20);

fn announces_close(frame: &Frame) -> bool {
    let header = frame.header.as_ref().unwrap();
    header.infos.string(keys::CLOSE_SOON) == Some("1")
}

#[tokio::test(flavor = "multi_thread")]
async fn call_in_flight_finishes_after_the_client_gets_crrst() {
    let mut env = start(&[("CACHE_TTL", "0s")]).await;
    let mut lock = TableLock::on_users(env.database()).await;
    let mut peer = Peer::connect(env.url()).await;
    peer.send(&get_user(7).bytes()).await;
    lock.wait_for_a_statement().await;

    env.service.process().signal(Signal::TERM);
    wait_until_refused(env.url()).await;
    drop(lock);

    let (frame, message) = peer.answer().await;
    assert_eq!(message.kind, MessageKind::Reply);
    assert!(announces_close(&frame));
    peer.assert_closed().await;
    // Not by a second signal, which ends it at once.
    let ended = env.service.process().wait(LIMIT).await;
    assert!(ended.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_connection_is_closed_after_an_answer_that_says_so() {
    let env = start(&[("MAX_CONNECTION_AGE", "300ms")]).await;
    let mut peer = Peer::connect(env.url()).await;
    let mut calls = 0;
    loop {
        peer.send(&get_user(7).bytes()).await;
        let (frame, _) = peer.answer().await;
        calls += 1;
        if announces_close(&frame) {
            break;
        }
    }
    peer.assert_closed().await;
    assert!(calls > 1);
    assert!(env.service.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_and_one_that_is_slow_are_closed() {
    let limits = [
        ("MAX_CONNECTION_IDLE", "200ms"),
        ("CONNECTION_TIMEOUT", "500ms"),
    ];
    let env = start(&limits).await;
    let sent = named("framed-getuser-ok").sent;
    let mut idle = Peer::connect(env.url()).await;
    idle.send(&sent).await;
    idle.answer().await;
    idle.assert_closed().await;

    let mut slow = Peer::connect(env.url()).await;
    slow.send(&sent).await;
    slow.send(&sent[..20]).await;
    slow.answer().await;
    slow.assert_closed().await;
    assert!(env.service.stop().await.success());
}

/// The call ends when the lock is dropped.
async fn with_a_multiplexed_call_in_flight() -> (TestEnv, TableLock, Peer) {
    let env = start(&[("CACHE_TTL", "0s")]).await;
    let mut lock = TableLock::on_users(env.database()).await;
    let mut peer = Peer::connect(env.url()).await;
    let mut call = get_user(7);
    call.header.flags = flags::MULTIPLEXED;
    peer.send(&call.bytes()).await;
    lock.wait_for_a_statement().await;
    (env, lock, peer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_multiplexed_client_is_told_to_leave_when_no_call_is_in_flight() {
    let (mut env, lock, mut peer) = with_a_multiplexed_call_in_flight().await;

    env.service.process().signal(Signal::TERM);
    wait_until_refused(env.url()).await;
    drop(lock);

    assert_eq!(peer.answer().await.1.sequence, 1);
    assert!(is_control(&peer.answer().await.0));
    peer.assert_closed().await;
    let ended = env.service.process().wait(LIMIT).await;
    assert!(ended.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_multiplexed_client_that_always_has_a_call_in_flight_is_told_to_leave_in_time() {
    let (mut env, lock, mut peer) = with_a_multiplexed_call_in_flight().await;

    env.service.process().signal(Signal::TERM);
    assert!(is_control(&peer.answer().await.0));
    drop(lock);
    assert_eq!(peer.answer().await.1.sequence, 1);
    peer.assert_closed().await;
    let ended = env.service.process().wait(LIMIT).await;
    assert!(ended.success());
}

/// Waits until the service has begun to stop: the log says so before the connections learn of it.
async fn wait_until_refused(url: &str) {
    let address = url.strip_prefix("http://").unwrap();
    eventually("the port refuses connections", LIMIT, async || {
        TcpStream::connect(address).await.is_err()
    })
    .await;
}

/// Whether it belongs to no call, and announces that the connection is closed.
fn is_control(frame: &Frame) -> bool {
    let header = frame.header.as_ref().unwrap();
    header.sequence == 0 && announces_close(frame)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_multiplexed_connection_is_closed_once_its_client_that_was_told_to_leave_is_silent() {
    let mut env = start(&[]).await;
    let mut peer = Peer::connect(env.url()).await;
    let mut call = get_user(7);
    call.header.flags = flags::MULTIPLEXED;
    peer.send(&call.bytes()).await;
    peer.answer().await;

    env.service.process().signal(Signal::TERM);
    let (control, message) = peer.answer().await;
    assert!(is_control(&control));
    assert_eq!((message.sequence, &*message.name), (0, "none"));
    assert_eq!(
        (message.kind, &*message.body),
        (MessageKind::Reply, &[0][..])
    );

    // Longer than a silent connection stays.
    let end = Instant::now() + Duration::from_secs(1);
    while Instant::now() < end {
        peer.send(&call.bytes()).await;
        assert_eq!(peer.answer().await.1.kind, MessageKind::Reply);
        sleep(Duration::from_millis(50)).await;
    }
    peer.assert_closed().await;
    let ended = env.service.process().wait(LIMIT).await;
    assert!(ended.success());
}
