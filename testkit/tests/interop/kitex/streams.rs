//! Kitex clients of the streams, over both of its transports for them.

use std::time::{Duration, Instant};

use testkit::sizes::eventually;
use testkit::{Signal, TableLock, user_client};

use super::{FOUND, address, env, kitex};
use crate::peers::Peer;
use crate::table::Table;

const TRANSPORTS: [&str; 4] = ["grpc", "grpc-suite", "ttheader", "ttheader-suite"];
/// What leads to each outcome, and what the client makes of it.
const OUTCOMES: [(&str, &str); 7] = [
    ("unary", FOUND),
    ("list", FOUND),
    ("create", "ok: 1 created, 1 INVALID_FIELDS"),
    ("lookup", "ok: Ada Lovelace, 5 USER_NOT_FOUND"),
    ("business", BUSINESS),
    ("cancel", "cancelled"),
    ("deadline", "timeout"),
];
const BUSINESS: &str = "business error 3: limit must not be negative, reason INVALID_FIELDS";
const FOUND_BY_USER_CLIENT: &str = "Ada Lovelace";
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the peers: run `cargo xtask interop --kitex`"]
async fn kitex_clients_stream() {
    let Some(peer) = kitex() else {
        return;
    };
    let env = env().await;
    let (_server, url) = peer.serve_as(&["streams"]).await;
    let mut table = Table::new("transport | outcome | at a Kitex server | at user-service");
    for transport in TRANSPORTS {
        for (outcome, expected) in OUTCOMES {
            let lock = match outcome {
                "cancel" | "deadline" => Some(TableLock::on_users(env.database()).await),
                _ => None,
            };
            let started = Instant::now();
            let ours = stream(&peer, env.url(), transport, outcome).await;
            // Released earlier, the lock would let the call succeed before its cancellation arrives.
            eventually("no call is open", LIMIT, async || {
                let metrics = env.service.metrics().await;
                metrics.sum("rpc_server_call_active", &[""; 0]) == 0.0
            })
            .await;
            drop(lock);
            let theirs = stream(&peer, &url, transport, outcome).await;
            let cells = format!("{transport} | {outcome} | {theirs} | {ours}");
            let outcome = match ours == expected && theirs == expected {
                true => Ok(()),
                false => Err(format!("expected {expected}")),
            };
            table.add(&cells, started, outcome);
        }
    }
    let labels = ["rpc_response_status_code=\"CANCELLED\""];
    // The deadline of TTHeader Streaming is a cancellation as well; that of gRPC may be.
    eventually("six streams are cancelled", LIMIT, async || {
        let metrics = env.service.metrics().await;
        metrics.sum("rpc_server_call_duration_seconds_count", &labels) >= 6.0
    })
    .await;
    table.assert_none_failed();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the peers: run `cargo xtask interop --kitex`"]
async fn an_open_stream_of_kitex_survives_a_shutdown() {
    let Some(peer) = kitex() else {
        return;
    };
    for transport in TRANSPORTS {
        let mut env = env().await;
        let url = env.url().to_owned();
        let streaming = async {
            let said = stream(&peer, &url, transport, "drain").await;
            assert_eq!(said, "ok: 30 responses", "{transport}");
        };
        let stopping = async {
            let method = ["rpc_method=\"UserService/GetUsers\""];
            eventually("the stream is open", LIMIT, async || {
                let metrics = env.service.metrics().await;
                metrics.sum("rpc_server_call_active", &method) > 0.0
            })
            .await;
            env.service.process().signal(Signal::TERM);
            assert!(env.service.process().wait(LIMIT).await.success());
        };
        tokio::join!(streaming, stopping);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the peers: run `cargo xtask interop --kitex`"]
async fn a_trace_of_kitex_goes_on_in_its_streams() {
    let Some(peer) = kitex() else {
        return;
    };
    let env = env().await;
    let mut ids = Vec::new();
    for transport in ["grpc-suite", "ttheader-suite"] {
        ids.push(stream(&peer, env.url(), transport, "trace").await);
    }
    let (traces, _database) = env.finish().await;
    for id in ids {
        let trace = traces.iter().find(|it| it.id() == id).unwrap();
        assert_eq!(
            trace.tree(),
            "user-service SERVER UserService/ListUsers\n  user-service CLIENT SELECT users\n"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the peers: run `cargo xtask interop --kitex`"]
async fn user_client_streams_over_thrift() {
    let Some(peer) = kitex() else {
        return;
    };
    let env = env().await;
    let (_server, url) = peer.serve_as(&["streams"]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    std::fs::write(
        &file,
        "name,email\nGrace,g@example.com\nAlan,a@example.com\n",
    )
    .unwrap();
    let file = file.display().to_string();
    let mut table = Table::new("command | at a Kitex server | at user-service");
    for (arguments, expected) in [
        (["list", "--limit", "1"], (Some(0), FOUND_BY_USER_CLIENT)),
        (["lookup", "1", "404"], (Some(3), FOUND_BY_USER_CLIENT)),
        (
            ["import", &file, "--format=csv"],
            (Some(0), "imported 2 of 2 rows"),
        ),
    ] {
        let started = Instant::now();
        let call = async |url: &str| {
            let arguments = [&["--protocol", "thrift"], &arguments[..]].concat();
            let output = user_client(&arguments, &[("USER_SERVICE", url)]).await;
            let said = output.stdout + &output.stderr;
            match output.status.code() == expected.0 && said.contains(expected.1) {
                true => Ok(()),
                false => Err(said),
            }
        };
        let (theirs, ours) = (call(&url).await, call(env.url()).await);
        let cell = |outcome: &Result<(), String>| outcome.as_ref().map_or("-", |()| expected.1);
        let cells = [arguments[0], cell(&theirs), cell(&ours)].join(" | ");
        table.add(&cells, started, theirs.and(ours));
    }
    table.assert_none_failed();
}

/// What the client makes of a stream of the server at `url`.
async fn stream(peer: &Peer, url: &str, transport: &str, outcome: &str) -> String {
    let arguments = ["stream", address(url), transport, outcome];
    let said = peer.output(&arguments).await;
    said.unwrap_or_else(|why| format!("FAILED: {why}"))
}
