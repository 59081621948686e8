//! Kitex programs and the pair find each other in real registries, by Kitex's own clients of them.

use std::time::{Duration, Instant};

use grpc_discovery::etcd::KITEX_PREFIX;
use testkit::sizes::eventually;
use testkit::{Etcd, UserService, nacos_for_test, user_client};

use super::{FOUND, call, kitex};
use crate::peers::Peer;
use crate::table::Table;

const LIMIT: Duration = Duration::from_secs(30);
/// What user-client prints of the one user of a Kitex server.
const USER: &str = "Ada Lovelace";

/// A registry, with the variables by which programs find it and log in.
struct Registry {
    name: &'static str,
    target: String,
    variables: Vec<(&'static str, String)>,
}

impl Registry {
    fn borrowed(&self) -> Vec<(&str, &str)> {
        let variables = self.variables.iter();
        variables
            .map(|(name, value)| (*name, value.as_str()))
            .collect()
    }

    /// A user-service with one user that is registered here.
    async fn user_service(&self) -> UserService {
        let mut service = UserService::embedded(&self.borrowed()).await;
        let registered = |line: &str| line.contains("\"registered in");
        service.process().wait_for_line(registered, LIMIT).await;
        let arguments = ["create", "--name", USER, "--email", "ada@example.com"];
        let created = self.user_client(&arguments).await;
        assert!(created.is_ok_and(|it| it.contains('1')));
        service
    }

    /// Runs user-client against the service that it finds here; returns what it prints.
    async fn user_client(&self, arguments: &[&str]) -> Result<String, String> {
        let server = ["--server", &self.target];
        let output = user_client(&[&server, arguments].concat(), &self.borrowed()).await;
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(output.stderr),
        }
    }

    /// Calls in both directions.
    async fn compare(&self, peer: &Peer, table: &mut Table) {
        let target = self.target.strip_suffix("/user-service").unwrap();
        let service = self.user_service().await;
        for option in ["suite", "suite-mux", "framed", "grpc-suite"] {
            let started = Instant::now();
            let found = call(peer, target, option, "ok").await;
            let cells = format!("{} | Kitex, {option} | user-service | {found}", self.name);
            let outcome = (found == FOUND).then_some(());
            table.add(&cells, started, outcome.ok_or(format!("expected {FOUND}")));
        }
        assert!(service.stop().await.success());
        for (idl, protocol) in [("thrift", "thrift"), ("grpc", "grpc")] {
            let started = Instant::now();
            let (_server, _) = peer.serve_as(&[idl, target]).await;
            // A Kitex server registers a second after it begins to serve.
            eventually("user-client finds the Kitex server", LIMIT, async || {
                let get = self
                    .user_client(&["--protocol", protocol, "get", "1"])
                    .await;
                get.is_ok_and(|it| it.contains(USER))
            })
            .await;
            let cells = format!("{} | user-client, {protocol} | Kitex | {FOUND}", self.name);
            table.add(&cells, started, Ok(()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the peers: run `cargo xtask interop --kitex`"]
async fn kitex_programs_and_the_pair_find_each_other_in_etcd() {
    let Some(mut peer) = kitex() else {
        return;
    };
    let mut etcd = Etcd::start().await;
    let address = etcd.address();
    let mut registry = Registry {
        name: "etcd",
        target: format!("etcd://{address}/user-service"),
        variables: vec![("ETCD_ENDPOINTS", address)],
    };
    let mut table = Table::new("registry | client | server | the client gets");
    registry.compare(&peer, &mut table).await;

    let files = etcd.secure(KITEX_PREFIX).await;
    registry.name = "etcd with a user and mutual TLS";
    registry.variables.extend(files.variables());
    peer.variables = registry.variables.clone();
    registry.compare(&peer, &mut table).await;
    table.assert_none_failed();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the peers: run `cargo xtask interop --kitex`"]
async fn kitex_programs_and_the_pair_find_each_other_in_nacos() {
    let Some(mut peer) = kitex() else {
        return;
    };
    // Nacos' SDK writes a log and a cache.
    let folder = tempfile::tempdir().unwrap();
    peer.variables = vec![("TMPDIR", folder.path().display().to_string())];
    let (address, _nacos) = nacos_for_test().await;
    let registry = Registry {
        name: "Nacos",
        target: format!("nacos://{address}/user-service"),
        variables: vec![("NACOS_SERVERS", address)],
    };
    let mut table = Table::new("registry | client | server | the client gets");
    registry.compare(&peer, &mut table).await;
    table.assert_none_failed();
}
