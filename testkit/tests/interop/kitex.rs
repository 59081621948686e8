//! Stock Kitex clients of user-service, with each option that changes what they send; what they
//! make of it beside what they make of a Kitex server.

use std::time::Instant;

use testkit::{TableLock, TestEnv, Trace};

use crate::peers::{self, Peer};
use crate::table::Table;

/// Each option of a client, and what it makes of a user that does not exist: those that can read
/// business errors get one.
const OPTIONS: [(&str, &str); 10] = [
    ("default", EXCEPTION),
    ("framed", EXCEPTION),
    ("buffered", EXCEPTION),
    ("ttheader", EXCEPTION),
    ("ttheader-framed", EXCEPTION),
    ("mux", EXCEPTION),
    ("suite", BUSINESS),
    ("suite-mux", BUSINESS),
    ("protobuf", PROTOBUF_EXCEPTION),
    ("protobuf-suite", BUSINESS),
];
const FOUND: &str = "ok: Ada Lovelace";
const BUSINESS: &str = "business error 5: no user has the id 404, reason USER_NOT_FOUND";
const EXCEPTION: &str = "exception 6";
const PROTOBUF_EXCEPTION: &str =
    "error: remote or network error[remote]: NOT_FOUND: no user has the id 404";

fn kitex() -> Option<Peer> {
    let command = peers::command("INTEROP_KITEX")?;
    Some(Peer {
        name: "Kitex",
        command,
    })
}

fn address(url: &str) -> &str {
    url.strip_prefix("http://").unwrap()
}

async fn env() -> TestEnv {
    let env = TestEnv::configured(&[("CACHE_TTL", "0s")]).await;
    assert_eq!(env.a_user().await, 1);
    env
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the peers: run `cargo xtask interop --kitex`"]
async fn kitex_clients_understand_user_service() {
    let Some(peer) = kitex() else {
        return;
    };
    let env = env().await;
    let (_server, url) = peer.serve(0).await;
    let mut table = Table::new("option | outcome | at a Kitex server | at user-service");
    for (option, missing) in OPTIONS {
        let is_thrift = !option.starts_with("protobuf");
        for (outcome, expected) in [
            ("ok", FOUND),
            ("twice", FOUND),
            ("business", missing),
            ("deadline", "timeout"),
        ] {
            let lock = match outcome {
                "deadline" => Some(TableLock::on_users(env.database()).await),
                _ => None,
            };
            let started = Instant::now();
            let ours = call(&peer, address(env.url()), option, outcome).await;
            drop(lock);
            // The peer serves the Thrift IDL alone.
            let theirs = match is_thrift {
                true => call(&peer, address(&url), option, outcome).await,
                false => "-".to_owned(),
            };
            let cells = format!("{option} | {outcome} | {theirs} | {ours}");
            let outcome = match ours == expected {
                true => Ok(()),
                false => Err(format!("expected {expected}")),
            };
            table.add(&cells, started, outcome);
        }
    }
    table.assert_none_failed();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the peers: run `cargo xtask interop --kitex`"]
async fn a_trace_of_kitex_goes_on_in_user_service() {
    let Some(peer) = kitex() else {
        return;
    };
    let env = env().await;
    let mut ids = Vec::new();
    for option in ["suite", "suite-mux", "protobuf-suite"] {
        ids.push(call(&peer, address(env.url()), option, "trace").await);
    }
    let (traces, _database) = env.finish().await;
    for id in ids {
        let trace: &Trace = traces.iter().find(|it| it.id() == id).unwrap();
        assert_eq!(
            trace.tree(),
            "user-service SERVER UserService/GetUser\n  user-service CLIENT SELECT users\n"
        );
    }
}

/// What the client makes of a call.
async fn call(peer: &Peer, address: &str, option: &str, outcome: &str) -> String {
    let said = peer.output(&["call", address, option, outcome]).await;
    said.unwrap_or_else(|why| format!("FAILED: {why}"))
}
