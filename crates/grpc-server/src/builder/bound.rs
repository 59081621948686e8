//! A service on its ports: it serves until a signal, then drains.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use grpc_telemetry::Scrape;
use grpc_telemetry::rpc::ServerTraceLayer;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use tonic::service::Routes;

use super::{Ping, ServeError};
use crate::tls::Tls;
use crate::{
    Policy, Readiness, Running, Server, Settings, Shutdown, StopSignals, probes, rlimit, stack,
};

/// A service that has its ports and serves nothing yet.
#[must_use = "it serves nothing before Bound::serve"]
pub struct Bound {
    pub(super) signals: StopSignals,
    pub(super) grpc: TcpListener,
    pub(super) http: TcpListener,
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) policy: Policy,
    /// Keeps the keys of tokens up to date, if there are some.
    pub(super) following: Option<AbortOnDropHandle<()>>,
    pub(super) routes: Routes,
    pub(super) trace: ServerTraceLayer,
    pub(super) scrape: Option<Scrape>,
    pub(super) readiness: Readiness,
    pub(super) ping: Ping,
    pub(super) settings: Settings,
}

impl Bound {
    /// Where gRPC is served: port 0 in the settings takes any free one.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.grpc.local_addr()
    }

    /// Where probes and metrics are served.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn http_address(&self) -> io::Result<SocketAddr> {
        self.http.local_addr()
    }

    /// Serves until SIGTERM, SIGINT or SIGHUP, then lets the calls in flight finish: not ready at once,
    /// no new connections after the drain delay, and the calls left are terminated at the end
    /// of the grace period.
    ///
    /// # Errors
    /// When a second signal ends it at once.
    pub async fn serve(mut self) -> Result<(), ServeError> {
        let _following = self.following.take();
        tracing::info!(
            grpc = self.address().ok().map(tracing::field::display),
            http = self.http_address().ok().map(tracing::field::display),
            tls = self.tls.is_some(),
            tokens = self.settings.tokens.is_some(),
            "serving"
        );
        let (mut running, ping, _probes) = self.start();
        running.readiness.set(true);
        let signal = running.until_signal(ping).await;
        tracing::info!(signal, "stopping: calls in flight may finish");
        let terminated = running.drain(async {}, async {}).await?;
        tracing::info!(terminated, "stopped");
        Ok(())
    }

    /// Starts to serve both ports; returns also what it is ready by, and the server of the probes.
    fn start(self) -> (Running, Ping, AbortOnDropHandle<()>) {
        let shutdown = Shutdown::new(self.settings.grace);
        let stop = shutdown.stop.clone();
        let probes = probes::serve(self.http, self.readiness.clone(), self.scrape, stop.clone());
        let mut limits = self.settings.connections;
        limits.total = rlimit::connections(limits.total);
        let service = stack(self.routes, self.policy, self.trace);
        let server = Server::new(self.grpc, service, limits).with_tls(self.tls.clone());
        let running = Running {
            signals: self.signals,
            tls: self.tls,
            readiness: self.readiness,
            drain_delay: self.settings.drain_delay,
            stop,
            calls: AbortOnDropHandle::new(tokio::spawn(server.serve(shutdown))),
        };
        let probes = AbortOnDropHandle::new(tokio::spawn(probes));
        (running, self.ping, probes)
    }
}
