//! Frames that are changed at random, sent to the service: it continues to serve others.

use kitex_codec::MessageKind;
use rand::RngExt;
use rand::rngs::StdRng;
use testkit::sizes::{random, size};
use user_proto::v1::{GetUsersRequest, ListUsersRequest};

use crate::peer::Peer;
use crate::stream_peer::{call, header};
use crate::support::{get_user, start};
use crate::vectors::named;

/// Frames of one connection, which ends with the first that is malformed.
const TOGETHER: usize = 16;
/// What the memory of the service may grow by, in KiB.
const MOST_GROWTH: u64 = 64 * 1024;

/// Each framing, and each place that has a length.
const ORIGINALS: [&str; 8] = [
    "framed-getuser-ok",
    "buffered-getuser-ok",
    "suite-getuser-ok",
    "suite-createuser-ok",
    "suite-mux-two-calls",
    "kpb-suite-getuser-ok",
    "raw-deep-nesting",
    "ttstream-sstream",
];

fn mutate(random: &mut StdRng, bytes: &mut Vec<u8>) {
    let place = random.random_range(0..bytes.len());
    match random.random_range(0..4) {
        0 => bytes[place] ^= 1 << random.random_range(0..8),
        1 => bytes[place] = [0, 1, 0x7f, 0x80, 0xff][random.random_range(0..5)],
        2 => bytes.insert(place, random.random()),
        _ => drop(bytes.remove(place)),
    }
}

/// Two streams at a time.
fn streams() -> Vec<u8> {
    let users = [7, 404].map(|user_id| GetUsersRequest { user_id });
    let mut bytes = call(header(1, "GetUsers"), &users);
    bytes.extend(call(header(2, "ListUsers"), &[ListUsersRequest::default()]));
    bytes.to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn mutated_frames_do_not_affect_other_connections() {
    let mut env = start(&[]).await;
    let calls: Vec<_> = ORIGINALS.iter().map(|name| named(name).sent).collect();
    let streams = [streams()];
    let mut random = random();
    let mut bystander = Peer::connect(env.url()).await;
    let before = env.service.process().resident();
    let count = size(2_000, 1_000_000);
    for round in 0..count / TOGETHER {
        let originals = match round % 4 {
            0 => &streams[..],
            _ => &calls[..],
        };
        let mut sent = Vec::new();
        for _ in 0..TOGETHER {
            let mut bytes = originals[random.random_range(0..originals.len())].clone();
            mutate(&mut random, &mut bytes);
            sent.extend(bytes);
        }
        let mut peer = Peer::connect(env.url()).await;
        // It may be closed before all was written.
        peer.try_send(&sent).await;
        if round % 16 == 0 {
            bystander.send(&get_user(7).bytes()).await;
            assert_eq!(bystander.answer().await.1.kind, MessageKind::Reply);
        }
    }
    let grown = env.service.process().resident().saturating_sub(before);
    assert!(grown < MOST_GROWTH, "{grown} KiB more");
    let lines = env.service.process().lines();
    let panicked = lines.iter().find(|line| line.text.contains("panic"));
    assert!(panicked.is_none(), "{panicked:?}");
    drop(bystander);
    assert!(env.service.stop().await.success());
}
