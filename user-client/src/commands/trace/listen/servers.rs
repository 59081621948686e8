//! The ports of `trace listen`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use grpc_server::{ConnectionLimits, Server, Shutdown};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use trace_view::live::Live;
use trace_view::recording::endpoint_of;

use super::exports::Exports;
use crate::failure::Failure;
use crate::failure::recording::cannot_listen_on;

/// How long exports in flight may take at the end.
const GRACE: Duration = Duration::from_secs(1);

/// Maximum concurrent exports: each has a message of at most 8 MiB.
const MAX_EXPORTS: usize = 64;

/// The servers, each with its task. They end at once when dropped.
pub(super) struct Servers {
    addresses: Vec<SocketAddr>,
    endpoint: String,
    shutdown: Shutdown,
    tasks: JoinSet<usize>,
}

impl Servers {
    /// Receives exports for `live` on both addresses.
    ///
    /// # Errors
    /// When one can't be listened on.
    pub(super) async fn start(
        live: &Arc<Live>,
        grpc: SocketAddr,
        http: SocketAddr,
    ) -> Result<Self, Failure> {
        let mut servers = Self {
            addresses: Vec::new(),
            endpoint: String::new(),
            shutdown: Shutdown::new(GRACE),
            tasks: JoinSet::new(),
        };
        servers.receive(live, grpc, "--otlp-listen").await?;
        if http != grpc || grpc.port() == 0 {
            servers.receive(live, http, "--otlp-http-listen").await?;
        }
        servers.endpoint = servers
            .addresses
            .first()
            .copied()
            .map(endpoint_of)
            .unwrap_or_default();
        Ok(servers)
    }

    async fn receive(
        &mut self,
        live: &Arc<Live>,
        address: SocketAddr,
        flag: &str,
    ) -> Result<(), Failure> {
        let listening = TcpListener::bind(address).await;
        let listener = listening.map_err(|error| cannot_listen_on(address, flag, &error))?;
        self.addresses.extend(listener.local_addr());
        let server = Server::new(listener, Exports(live.otlp()), limits());
        self.tasks.spawn(server.serve_web(self.shutdown.clone()));
        Ok(())
    }

    /// Where programs of this host export to.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Where spans are received, and what else a user should know.
    pub(super) fn greeting(&self) -> String {
        let addresses: Vec<String> = self.addresses.iter().map(SocketAddr::to_string).collect();
        let mut lines = format!(
            "receiving spans on {} (OTLP over gRPC and HTTP); Ctrl-C ends",
            addresses.join(" and ")
        );
        if self.addresses.iter().any(|it| !it.ip().is_loopback()) {
            lines.push_str(
                "\nwarning: other hosts can send spans here, without authentication and TLS",
            );
        }
        lines
    }

    /// Lets exports in flight finish.
    pub(super) async fn stop(mut self) {
        self.shutdown.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

fn limits() -> ConnectionLimits {
    ConnectionLimits {
        total: 256,
        per_address: 256,
        streams_per_address: MAX_EXPORTS,
        streams_in_total: MAX_EXPORTS,
        bytes_per_address: 64 * 1024 * 1024,
        bytes_in_total: 64 * 1024 * 1024,
        grace: GRACE,
        ..ConnectionLimits::default()
    }
}
