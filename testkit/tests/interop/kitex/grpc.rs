//! Kitex clients over gRPC, which read business errors from trailers.

use testkit::TestEnv;

use super::{BUSINESS, Row, address, kitex};
use crate::table::Table;

/// What a client makes of a status without these trailers.
const NO_BUSINESS: &str =
    "error: remote or network error: rpc error: code = 5 desc = no user has the id 404";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the peers: run `cargo xtask interop --kitex`"]
async fn kitex_clients_over_grpc_read_business_errors_with_kitex_compat() {
    let Some(peer) = kitex() else {
        return;
    };
    let (_server, url) = peer.serve_as(&["grpc"]).await;
    for (compatible, missing) in [("true", BUSINESS), ("false", NO_BUSINESS)] {
        println!("\nOver gRPC, with KITEX_COMPAT={compatible}:");
        let variables = [("CACHE_TTL", "0s"), ("KITEX_COMPAT", compatible)];
        let env = TestEnv::configured(&variables).await;
        assert_eq!(env.a_user().await, 1);
        let mut table = Table::new("option | outcome | at a Kitex server | at user-service");
        for option in ["grpc", "grpc-suite"] {
            let row = Row { option, missing };
            let theirs = Some(address(&url));
            row.compare(&peer, &env, theirs, &mut table).await;
        }
        table.assert_none_failed();
    }
}
