//! Kitex's own client over each of its transports, and user-client over TTHeader: of user-service, and
//! of a Kitex server.

use serde_json::Value;
use testkit::Process;

use super::UNTRACED;
use crate::contender::{Contender, compare, compare_with};
use crate::peers;

const PEER: &str = "kitex";
/// user-client's load of as many calls at a time as Kitex's client makes.
const OWN: [&str; 5] = ["get", "--protocol", "thrift", "--concurrency", "100"];
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
        let mut contenders = contenders(idl).await;
        rows.extend(compare_with(PEER, &mut contenders, &["load", transport]).await);
    }
    println!("GetUser over ttheader, 100 calls of user-client at a time");
    let mut contenders = contenders("thrift").await;
    rows.extend(compare(&mut contenders, &OWN).await);
    rows
}

/// user-service and a Kitex server of `idl`, traced and not. For Thrift also what any server takes:
/// the bytes read and written, and the codec.
async fn contenders(idl: &str) -> Vec<Contender> {
    let mut contenders = vec![
        Contender::service("user-service, from the cache", &[UNTRACED]).await,
        Contender::peer("Kitex, a constant", Process::start(PEER, &[idl], &[])).await,
        Contender::traced("user-service, 100 %", &[]).await,
        Contender::traced_peer("Kitex, 100 %", PEER, &[idl], &[]).await,
    ];
    for contender in contenders.iter().step_by(2) {
        contender.onboard(1_000).await;
    }
    if idl != "protobuf" {
        let name = "kitex-codec alone, one thread, a constant";
        contenders.push(Contender::baseline(name, "thrift", &[]).await);
    }
    contenders
}
