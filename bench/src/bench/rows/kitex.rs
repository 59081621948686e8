//! Kitex's own client over each of its transports: of user-service, and of a Kitex server.

use serde_json::Value;
use testkit::Process;

use super::UNTRACED;
use crate::contender::{Contender, compare_with};
use crate::peers;

const PEER: &str = "kitex";
/// Each transport, and the Kitex server that serves it.
const TRANSPORTS: [(&str, &str); 4] = [
    ("ttheader", "thrift"),
    ("mux", "mux"),
    ("framed", "thrift"),
    ("grpc", "protobuf"),
];

pub(crate) async fn run() -> Vec<Value> {
    if !peers::built(PEER) {
        return Vec::new();
    }
    let mut rows = Vec::new();
    for (transport, idl) in TRANSPORTS {
        println!("GetUser over {transport}, 100 calls of Kitex's client at a time");
        let mut contenders = [
            Contender::service("user-service, from the cache", &[UNTRACED]).await,
            Contender::peer("Kitex, a constant", Process::start(PEER, &[idl], &[])).await,
            Contender::traced("user-service, 100 %", &[]).await,
            Contender::traced_peer("Kitex, 100 %", PEER, &[idl], &[]).await,
        ];
        for contender in contenders.iter().step_by(2) {
            contender.onboard(1_000).await;
        }
        rows.extend(compare_with(PEER, &mut contenders, &["load", transport]).await);
    }
    rows
}
