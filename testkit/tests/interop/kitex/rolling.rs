//! A rolling restart under Kitex clients.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use testkit::{Backends, Etcd, TestEnv, UserService, users};
use tokio_util::task::AbortOnDropHandle;

use super::kitex;
use crate::table::Table;

const LIMIT: Duration = Duration::from_secs(30);
/// How long the clients call, in seconds; longer than three instances take to restart.
const SECONDS: &str = "30";
/// Each transport of Kitex. A multiplexed client closes its connections by force when its registry
/// drops an instance, so it retries.
const OPTIONS: [&str; 4] = ["suite", "suite-mux-retry", "framed", "grpc-suite"];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the peers: run `cargo xtask interop --kitex`"]
async fn no_call_of_a_kitex_client_fails_in_a_rolling_restart() {
    let Some(peer) = kitex() else {
        return;
    };
    let etcd = Etcd::start().await;
    let address = etcd.address();
    let builder = TestEnv::builder().postgres().redis().variables(&[
        ("ETCD_ENDPOINTS", address.as_str()),
        // Kitex clients refresh what they know of a registry every 5 s.
        ("SHUTDOWN_DRAIN_DELAY", "6s"),
    ]);
    let backends = builder.backends().await;
    let mut running = Vec::new();
    for _ in 0..3 {
        running.push(registered(&backends, "127.0.0.1:0").await);
    }
    let mut client = users::plain_client(running[0].grpc_url()).await;
    client.create_user(users::new_user()).await.unwrap();

    let started = Instant::now();
    let target = format!("etcd://{address}");
    let loads = OPTIONS.map(|option| {
        let arguments = [
            "load".to_owned(),
            target.clone(),
            option.to_owned(),
            SECONDS.to_owned(),
        ];
        let peer = peer.clone();
        AbortOnDropHandle::new(tokio::spawn(async move {
            peer.output(&arguments.each_ref().map(String::as_str)).await
        }))
    });
    for _ in 0..running.len() {
        let old = running.remove(0);
        let address = super::address(old.grpc_url()).to_owned();
        assert!(old.stop().await.success());
        running.push(registered(&backends, &address).await);
    }
    let restarted = started.elapsed();
    let mut table = Table::new("Kitex client | 3 instances restarted in | calls");
    for (option, said) in OPTIONS.into_iter().zip(join_all(loads).await) {
        let said = said.unwrap().unwrap_or_else(|why| why);
        let cells = format!("{option} | {restarted:.1?} | {said}");
        let is_without_failure = said.contains(" calls, 0 failed");
        let outcome = is_without_failure
            .then_some(())
            .ok_or("calls failed".to_owned());
        table.add(&cells, started, outcome);
    }
    table.assert_none_failed();
}

/// An instance that is registered in etcd.
async fn registered(backends: &Backends, address: &str) -> UserService {
    let mut service = backends.service(&[("LISTEN_ADDR", address)]).await;
    let registered = |line: &str| line.contains("\"registered in");
    service.process().wait_for_line(registered, LIMIT).await;
    service
}
