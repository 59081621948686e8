//! GetUser beside tonic as its examples have it, which answers with a constant.

use serde_json::Value;

use super::{UNTRACED, get};
use crate::contender::{Contender, compare};

pub(crate) async fn run() -> Vec<Value> {
    let service = Contender::service("user-service, from the cache", &[UNTRACED]).await;
    service.onboard(1_000).await;
    let mut contenders = [
        Contender::baseline("tonic, #[tokio::main], a constant", "multi", &[]).await,
        Contender::baseline("tonic, one thread, a constant", "single", &[]).await,
        service,
    ];
    let mut rows = Vec::new();
    for (connections, concurrency) in [("10", "100"), ("50", "500"), ("1", "32")] {
        println!("GetUser, {concurrency} calls at a time over {connections} connections");
        let load = get("1000", connections, concurrency);
        rows.extend(compare(&mut contenders, &load).await);
    }
    rows
}
