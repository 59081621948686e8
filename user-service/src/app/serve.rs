//! The service itself: open all parts, serve, and stop in order.

use std::convert::Infallible;
use std::sync::Arc;

use grpc_discovery::Registration;
use grpc_server::tls::Tls;
use grpc_server::{Readiness, Server, Shutdown, StopSignals, Workers, probes, rlimit, stack};
use grpc_telemetry::{Scrape, Telemetry};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::AppError;
use super::open::{Parts, open};
use super::ports::address;
use super::settings::connection_limits;
use crate::config::Config;
use crate::domain::UserRepository;
use crate::metrics;

/// Connections to the port for health alone, where callers can't take them from the probes.
const HEALTH_CONNECTIONS: usize = 16;

/// Serves until a signal, then finishes what is in flight.
pub(super) async fn serve(config: &Config, telemetry: &Telemetry) -> Result<(), AppError> {
    let parts = open(config, telemetry).await?;
    let mut service = Service::start(config, parts, telemetry.scrape());
    service.announce(config).await;
    let signal = service.until_signal().await;
    tracing::info!(signal, "stopping: calls in flight may finish");
    service.stop(config).await
}

/// A service that takes calls.
struct Service {
    signals: StopSignals,
    tls: Option<Arc<Tls>>,
    stored: Arc<dyn UserRepository>,
    readiness: Readiness,
    addresses: Addresses,
    stop: CancellationToken,
    calls: AbortOnDropHandle<usize>,
    /// Once it is announced, if it is to be.
    registration: Option<Registration>,
    _others: Vec<AbortOnDropHandle<()>>,
    _keys: Option<AbortOnDropHandle<()>>,
    _workers: Arc<Workers>,
}

impl Service {
    /// Starts to serve all ports.
    fn start(config: &Config, parts: Parts, scrape: Option<Scrape>) -> Self {
        let addresses = Addresses::of(&parts);
        let shutdown = Shutdown::new(config.shutdown_grace);
        let stop = shutdown.stop.clone();
        let http = parts.ports.http;
        let probes = probes::serve(http, parts.readiness.clone(), scrape, stop.clone());
        let mut others = vec![AbortOnDropHandle::new(tokio::spawn(probes))];

        let limits = &config.limits;
        let workers = parts.workers;
        if let Some(listener) = parts.ports.health {
            let service = stack(parts.health, parts.policy.clone(), parts.trace.clone());
            let limits = connection_limits(limits, HEALTH_CONNECTIONS, HEALTH_CONNECTIONS);
            let server = Server::new(listener, service, limits).with_workers(Arc::clone(&workers));
            let shutdown = shutdown.clone();
            let checks = async move {
                server.serve(shutdown).await;
            };
            others.push(AbortOnDropHandle::new(tokio::spawn(checks)));
        }
        let service = stack(parts.routes, parts.policy, parts.trace);
        let total = rlimit::connections(limits.max_connections);
        let limits = connection_limits(limits, total, limits.max_connections_per_address);
        let server = Server::new(parts.ports.grpc, service, limits)
            .with_tls(parts.tls.clone())
            .with_workers(Arc::clone(&workers));
        Self {
            signals: parts.signals,
            tls: parts.tls,
            stored: parts.stored,
            readiness: parts.readiness,
            addresses,
            stop,
            calls: AbortOnDropHandle::new(tokio::spawn(server.serve(shutdown))),
            registration: None,
            _others: others,
            _keys: parts._keys,
            _workers: workers,
        }
    }

    /// Tells those who send calls, and the log, that calls are taken.
    async fn announce(&mut self, config: &Config) {
        let Addresses { grpc, http, health } = self.addresses;
        self.readiness.set(true).await;
        let settings = grpc.and_then(|address| config.etcd.registration(address));
        self.registration = settings.map(|settings| {
            let registration = Registration::start(settings, rand::random::<f64>);
            metrics::observe_registration(registration.active());
            registration
        });
        tracing::info!(
            grpc = grpc.map(tracing::field::display),
            http = http.map(tracing::field::display),
            health = health.map(tracing::field::display),
            tls = self.tls.is_some(),
            "serving"
        );
    }

    /// Serves until a signal; returns its name.
    async fn until_signal(&mut self) -> &'static str {
        tokio::select! {
            signal = self.signals.next() => signal,
            never = self.readiness.follow(|| self.stored.ping()) => match never {},
            never = follow(self.tls.as_deref()) => match never {},
        }
    }

    /// Lets the calls in flight finish, unless a second signal comes.
    async fn stop(mut self, config: &Config) -> Result<(), AppError> {
        let drained = async {
            // Whoever sends calls here learns of it first, and fails over meanwhile.
            if let Some(registration) = self.registration {
                registration.end().await;
            }
            self.readiness.set(false).await;
            tokio::time::sleep(config.shutdown_drain_delay).await;
            self.readiness.end().await;
            self.stop.cancel();
            let terminated = self.calls.await.unwrap_or_default();
            // What is left is idle; the database learns that it is not a broken connection.
            self.stored.close().await;
            terminated
        };
        let terminated = tokio::select! {
            terminated = drained => terminated,
            signal = self.signals.next() => return Err(AppError::Interrupted(signal)),
        };
        if terminated > 0 {
            tracing::warn!(
                connections = terminated,
                "calls were cut off: SHUTDOWN_GRACE gives them more time"
            );
        }
        tracing::info!("stopped");
        Ok(())
    }
}

/// Where the ports really are: port 0 asks for any.
#[derive(Clone, Copy)]
struct Addresses {
    grpc: Option<std::net::SocketAddr>,
    http: Option<std::net::SocketAddr>,
    health: Option<std::net::SocketAddr>,
}

impl Addresses {
    fn of(parts: &Parts) -> Self {
        Self {
            grpc: address(&parts.ports.grpc),
            http: address(&parts.ports.http),
            health: parts.ports.health.as_ref().and_then(address),
        }
    }
}

/// Follows the files of `tls`, if there are any, for as long as it is polled.
async fn follow(tls: Option<&Tls>) -> Infallible {
    match tls {
        Some(tls) => tls.follow().await,
        None => std::future::pending().await,
    }
}
