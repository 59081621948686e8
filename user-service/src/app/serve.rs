//! The service itself: open all parts, serve, and stop in order.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::join_all;
use grpc_discovery::{Advertised, Registration, Registry};
use grpc_server::{Running, Shutdown, StopSignals, Workers};
use grpc_telemetry::Telemetry;
use tokio_util::task::AbortOnDropHandle;

use super::AppError;
use super::announcement;
use super::open::{open, stores};
use super::starting::Starting;
use crate::config::Config;
use crate::domain::UserRepository;
use crate::metrics;

/// Serves until a signal, then finishes what is in flight. A signal is heard from the first
/// moment on, and so are the probes, however long the stores take to open.
pub(super) async fn serve(config: &Config, telemetry: &Telemetry) -> Result<(), AppError> {
    let mut signals = StopSignals::listen().map_err(AppError::Signals)?;
    let parts = open(config, telemetry).await?;
    let shutdown = Shutdown::new(config.shutdown.shutdown_grace);
    let starting = Starting::new(config, parts, telemetry.scrape(), shutdown);
    let stores = tokio::select! {
        stores = stores(config) => stores?,
        signal = signals.next() => {
            tracing::info!(signal, "stopped before the stores were open");
            return Ok(());
        }
    };
    let mut service = starting.serve(config, signals, stores)?;
    service.announce(config)?;
    let stored = &service.stored;
    let signal = service.running.until_signal(|| stored.ping()).await;
    tracing::info!(signal, "stopping: calls in flight may finish");
    service.stop().await
}

/// A service that takes calls.
pub(super) struct Service {
    pub(super) running: Running,
    pub(super) stored: Arc<dyn UserRepository>,
    pub(super) addresses: Addresses,
    /// Where it is to be registered, until it is announced.
    pub(super) registries: Vec<Box<dyn Registry>>,
    pub(super) registrations: Vec<Registration>,
    pub(super) _probes: Vec<AbortOnDropHandle<()>>,
    pub(super) _keys: Option<AbortOnDropHandle<()>>,
    pub(super) _workers: Arc<Workers>,
}

impl Service {
    /// Reports to load balancers, registries and the log that the service serves.
    fn announce(&mut self, config: &Config) -> Result<(), AppError> {
        self.running.readiness.set(true);
        if let Some(address) = self.addresses.grpc {
            self.register(config.registries.advertised(address));
        }
        announcement::announce(config, self.addresses, self.running.tls.is_some())
    }

    fn register(&mut self, advertised: Advertised) {
        let registries = std::mem::take(&mut self.registries).into_iter();
        let start =
            |registry| Registration::start(registry, advertised.clone(), rand::random::<f64>);
        self.registrations = registries.map(start).collect();
        let active = self.registrations.iter().map(Registration::active);
        metrics::observe_registrations(active.collect());
    }

    /// Lets the calls in flight finish, unless a second signal comes.
    async fn stop(self) -> Result<(), AppError> {
        // Callers fail over first, before the ports refuse.
        let leave = async {
            join_all(self.registrations.into_iter().map(Registration::end)).await;
        };
        // What is left is idle; the database learns that it is not a broken connection.
        let close = self.stored.close();
        let terminated = self.running.drain(leave, close).await?;
        if terminated > 0 {
            tracing::warn!(
                connections = terminated,
                "calls were terminated at the end of the grace period: SHUTDOWN_GRACE sets it"
            );
        }
        tracing::info!("stopped");
        Ok(())
    }
}

/// Where the ports really are: port 0 means any free port.
#[derive(Clone, Copy)]
pub(super) struct Addresses {
    pub(super) grpc: Option<SocketAddr>,
    pub(super) http: Option<SocketAddr>,
    pub(super) health: Option<SocketAddr>,
}
