//! Stock Kitex clients of user-service, with each option that changes what they send; what they
//! make of it beside what they make of a Kitex server.

mod grpc;
mod registries;
mod rolling;
mod streams;
mod waterfall;

use std::time::Instant;

use testkit::{TableLock, TestEnv, Trace};

use crate::peers::Peer;
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
const UNKNOWN_METHOD: &str = "exception 1";
/// Where no header names the service, a server looks for one that has the method.
const UNKNOWN_SERVICE: &str = "exception 20";
/// A client that calls oneway waits for no response.
const NO_RESPONSE: &str = "ok:";
const PROTOBUF_EXCEPTION: &str =
    "error: remote or network error[remote]: NOT_FOUND: no user has the id 404";

fn kitex() -> Option<Peer> {
    Peer::built("Kitex", "INTEROP_KITEX")
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
    let (_server, url) = peer.serve_as(&["thrift"]).await;
    let mut table = Table::new("option | outcome | at a Kitex server | at user-service");
    for (option, missing) in OPTIONS {
        let is_thrift = !option.starts_with("protobuf");
        // The peer serves the Thrift IDL alone.
        let theirs = is_thrift.then(|| address(&url));
        let row = Row { option, missing };
        row.compare(&peer, &env, theirs, &mut table).await;
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

/// What a client with `option` makes of calls.
struct Row {
    option: &'static str,
    /// What it makes of a user that does not exist.
    missing: &'static str,
}

impl Row {
    /// What the client makes of a method that does not exist.
    fn unknown(&self) -> &'static str {
        match self.missing {
            BUSINESS => UNKNOWN_METHOD,
            _ => UNKNOWN_SERVICE,
        }
    }

    /// Compares calls of `env` with those of the Kitex server at `theirs`, if that serves this client.
    async fn compare(&self, peer: &Peer, env: &TestEnv, theirs: Option<&str>, table: &mut Table) {
        let option = self.option;
        let outcomes = [
            ("ok", FOUND),
            ("twice", FOUND),
            ("business", self.missing),
            ("deadline", "timeout"),
            ("unknown", self.unknown()),
            ("oneway", NO_RESPONSE),
        ];
        // The client has the last two in the Thrift IDL alone.
        let count = match option.contains("protobuf") || option.contains("grpc") {
            true => 4,
            false => outcomes.len(),
        };
        for (outcome, expected) in outcomes.into_iter().take(count) {
            let lock = match outcome {
                "deadline" => Some(TableLock::on_users(env.database()).await),
                _ => None,
            };
            let started = Instant::now();
            let ours = call(peer, address(env.url()), option, outcome).await;
            drop(lock);
            let theirs = match theirs {
                Some(theirs) => call(peer, theirs, option, outcome).await,
                None => "-".to_owned(),
            };
            let cells = format!("{option} | {outcome} | {theirs} | {ours}");
            let outcome = match ours == expected {
                true => Ok(()),
                false => Err(format!("expected {expected}")),
            };
            table.add(&cells, started, outcome);
        }
    }
}

/// What the client makes of a call.
async fn call(peer: &Peer, address: &str, option: &str, outcome: &str) -> String {
    let said = peer.output(&["call", address, option, outcome]).await;
    said.unwrap_or_else(|why| format!("FAILED: {why}"))
}
