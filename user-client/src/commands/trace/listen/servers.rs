//! The ports of `trace listen`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use grpc_server::{ConnectionLimits, Server, Shutdown};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use trace_view::live::Live;
use trace_view::recording::endpoint_of;
use trace_view::web;

use super::limited::Limited;
use crate::failure::Failure;
use crate::failure::recording::cannot_listen_on;

/// How long exports in flight may take at the end.
const GRACE: Duration = Duration::from_secs(1);

/// Maximum concurrent exports: each has a message of at most 8 MiB.
const MAX_EXPORTS: usize = 64;

/// Maximum open pages and requests of them.
const MAX_PAGES: usize = 64;

/// The servers, each with its task. They end at once when dropped.
pub(super) struct Servers {
    /// Where spans are received.
    addresses: Vec<SocketAddr>,
    /// Where the pages are, if there are any.
    pages: Option<SocketAddr>,
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
            pages: None,
            shutdown: Shutdown::new(GRACE),
            tasks: JoinSet::new(),
        };
        servers.receive(live, grpc, "--otlp-listen").await?;
        if http != grpc || grpc.port() == 0 {
            servers.receive(live, http, "--otlp-http-listen").await?;
        }
        Ok(servers)
    }

    async fn receive(
        &mut self,
        live: &Arc<Live>,
        address: SocketAddr,
        flag: &str,
    ) -> Result<(), Failure> {
        let listener = listen(address, flag).await?;
        self.addresses.extend(listener.local_addr());
        let server = Server::new(listener, Limited(live.otlp()), limits(MAX_EXPORTS));
        self.tasks.spawn(server.serve_web(self.shutdown.clone()));
        Ok(())
    }

    /// Shows the traces as pages on `address`.
    ///
    /// # Errors
    /// When it can't be listened on.
    pub(super) async fn show(
        &mut self,
        live: &Arc<Live>,
        address: SocketAddr,
    ) -> Result<(), Failure> {
        let listener = listen(address, "--web").await?;
        self.pages = listener.local_addr().ok();
        let pages = web::router(Arc::clone(live), self.shutdown.stop.clone());
        let server = Server::new(listener, Limited(pages), limits(MAX_PAGES));
        self.tasks.spawn(server.serve_web(self.shutdown.clone()));
        Ok(())
    }

    /// Where programs of this host export to.
    pub(super) fn endpoint(&self) -> String {
        let first = self.addresses.first().copied();
        first.map(endpoint_of).unwrap_or_default()
    }

    /// Where spans are received, and what else a user should know.
    pub(super) fn greeting(&self) -> String {
        let addresses: Vec<String> = self.addresses.iter().map(SocketAddr::to_string).collect();
        let mut lines = format!(
            "receiving spans on {} (OTLP over gRPC and HTTP); Ctrl-C ends",
            addresses.join(" and ")
        );
        if let Some(pages) = self.pages {
            lines.push_str(&format!("\nshowing traces on {}", endpoint_of(pages)));
        }
        if self.addresses.iter().any(|it| !it.ip().is_loopback()) {
            let warning =
                "warning: other hosts can send spans here, without authentication and TLS";
            lines.push_str(&format!("\n{warning}"));
        }
        if self.pages.is_some_and(|it| !it.ip().is_loopback()) {
            let warning =
                "warning: other hosts can read all traces, without authentication and TLS";
            lines.push_str(&format!("\n{warning}"));
        }
        lines
    }

    /// Lets exports in flight finish.
    pub(super) async fn stop(mut self) {
        self.shutdown.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn listen(address: SocketAddr, flag: &str) -> Result<TcpListener, Failure> {
    let listening = TcpListener::bind(address).await;
    listening.map_err(|error| cannot_listen_on(address, flag, &error))
}

/// Room for so many concurrent requests.
fn limits(requests: usize) -> ConnectionLimits {
    ConnectionLimits {
        total: 256,
        per_address: 256,
        streams_per_address: requests,
        streams_in_total: requests,
        bytes_per_address: 64 * 1024 * 1024,
        bytes_in_total: 64 * 1024 * 1024,
        grace: GRACE,
        ..ConnectionLimits::default()
    }
}
