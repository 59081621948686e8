//! Calls that end in another way than with a response.

use std::time::Duration;

use kitex_codec::{ApplicationException, MessageKind, flags, keys};
use testkit::TableLock;
use testkit::sizes::eventually;

use crate::peer::Peer;
use crate::support::{exception, get_user, start};

const UNCACHED: (&str, &str) = ("CACHE_TTL", "0s");

#[tokio::test(flavor = "multi_thread")]
async fn a_call_ends_at_the_deadline_that_its_client_sent() {
    let env = start(&[UNCACHED]).await;
    let _lock = TableLock::on_users(env.database()).await;
    let mut peer = Peer::connect(env.url()).await;
    let mut call = get_user(7);
    call.header.infos.set_int(keys::RPC_TIMEOUT, "100");

    peer.send(&call.bytes()).await;

    let (_, message) = peer.answer().await;
    assert_eq!(message.kind, MessageKind::Exception);
    let exception = exception(&message);
    assert_eq!(exception.kind, ApplicationException::INTERNAL_ERROR);
    let sentence = "DEADLINE_EXCEEDED: the deadline passed before the call was done";
    assert_eq!(exception.message, sentence);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_client_leaves_is_cancelled() {
    let env = start(&[UNCACHED]).await;
    let mut lock = TableLock::on_users(env.database()).await;
    let mut peer = Peer::connect(env.url()).await;
    peer.send(&get_user(7).bytes()).await;
    lock.wait_for_a_statement().await;

    drop(peer);

    let labels = ["rpc_response_status_code=\"CANCELLED\""];
    let limit = Duration::from_secs(20);
    eventually("the call is cancelled", limit, async || {
        let metrics = env.service.metrics().await;
        metrics.sum("rpc_server_call_duration_seconds_count", &labels) > 0.0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn multiplexed_calls_do_not_wait_for_one_another() {
    let env = start(&[]).await;
    let mut peer = Peer::connect(env.url()).await;
    let multiplexed = |sequence, user| {
        let mut call = get_user(user);
        call.header.flags = flags::MULTIPLEXED;
        call.header.sequence = sequence;
        call.message.sequence = sequence;
        call.bytes()
    };
    // In the cache.
    peer.send(&multiplexed(1, 7)).await;
    peer.answer().await;
    let mut lock = TableLock::on_users(env.database()).await;
    peer.send(&multiplexed(2, 12345)).await;
    lock.wait_for_a_statement().await;

    peer.send(&multiplexed(3, 7)).await;
    assert_eq!(peer.answer().await.1.sequence, 3);
    drop(lock);
    assert_eq!(peer.answer().await.1.sequence, 2);
}
