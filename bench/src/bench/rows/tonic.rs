//! GetUser beside others that answer with a constant: tonic, connectrpc, volo, grpc-go, Kitex and
//! gRPC C++ as their examples have it, and HTTP/2 alone.

use serde_json::Value;
use testkit::Process;

use super::{UNTRACED, get};
use crate::contender::{Contender, compare};
use crate::peers;

const PEERS: [(&str, &str); 5] = [
    ("connectrpc", "connectrpc, one thread, a constant"),
    ("volo", "volo, one thread, a constant"),
    ("grpc-go", "grpc-go, a constant"),
    ("kitex", "Kitex, a constant"),
    ("grpc-cpp", "gRPC C++, callbacks, a constant"),
];

pub(crate) async fn run() -> Vec<Value> {
    let service = Contender::service("user-service, from the cache", &[UNTRACED]).await;
    service.onboard(1_000).await;
    let mut contenders = vec![
        Contender::baseline("tonic, #[tokio::main], a constant", "multi", &[]).await,
        Contender::baseline("tonic, one thread, a constant", "single", &[]).await,
        Contender::baseline("h2 alone, one thread, a constant", "h2", &[]).await,
        service,
    ];
    for (program, name) in PEERS {
        if peers::built(program) {
            contenders.push(Contender::peer(name, Process::start(program, &[], &[])).await);
        }
    }
    let mut rows = Vec::new();
    for (connections, concurrency) in [("10", "100"), ("50", "500"), ("1", "32")] {
        println!("GetUser, {concurrency} calls at a time over {connections} connections");
        let load = get("1000", connections, concurrency);
        rows.extend(compare(&mut contenders, &load).await);
    }
    rows
}
