//! Other programs as callers of user-service: all three streams, on each store.

use std::time::Instant;

use testkit::TestEnv;
use testkit::users::plain_client;
use user_proto::v1::GetUserRequest;

use crate::peers::{self, Peer};
use crate::table::Table;

/// How many streams there are at a time on the one connection, how many of the messages each
/// has (one in so many), and how fast their responses are read.
const SHAPES: [(usize, usize, &str); 3] = [(1, 1, "fast"), (8, 4, "fast"), (1, 1, "slow")];

/// The calls, in their order: a list needs the users that the first one creates.
const CALLS: [(&str, &str); 3] = [
    ("create", "CreateUsers"),
    ("lookup", "GetUsers"),
    ("list", "ListUsers"),
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the peers: run `cargo xtask interop`"]
async fn callers_that_send_a_frame_for_each_message_succeed() {
    let seed: u32 = rand::random();
    println!("seed {seed}");
    let mut table = Table::new("store | caller | call | streams | messages | reader");
    for store in ["SQLite", "PostgreSQL"] {
        let env = match store {
            "SQLite" => TestEnv::builder(),
            _ => TestEnv::builder().postgres(),
        };
        let env = env.start().await;
        for peer in peers::all() {
            let prefix = format!("{seed}.{}", peer.name);
            run_all(&env, store, &peer, &prefix, &mut table).await;
        }
        // The service serves others as well.
        let mut client = plain_client(env.url()).await;
        let request = GetUserRequest { user_id: 1 };
        client.get_user(request).await.unwrap();
        assert!(env.service.stop().await.success());
    }
    table.assert_none_failed();
}

async fn run_all(env: &TestEnv, store: &str, peer: &Peer, prefix: &str, table: &mut Table) {
    let address = env.url().strip_prefix("http://").unwrap();
    for (streams, part, pace) in SHAPES {
        let messages = peers::messages() / part;
        for (call, method) in CALLS {
            if call == "create" && pace == "slow" {
                // There is one answer to read.
                continue;
            }
            let seed = format!("{prefix}.{streams}.{pace}");
            let (messages, streams) = (messages.to_string(), streams.to_string());
            let started = Instant::now();
            let arguments = ["call", address, call, &messages, &streams, pace, &seed];
            let outcome = peer.run(&arguments).await;
            let cells = format!(
                "{store} | {} | {method} | {streams} | {messages} | {pace}",
                peer.name
            );
            table.add(&cells, started, outcome);
        }
    }
}
