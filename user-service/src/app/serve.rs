//! The service itself: open all parts, serve, and stop in order.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use grpc_discovery::Registration;
use grpc_server::tls::Tls;
use grpc_server::{Readiness, Shutdown, StopSignals, Workers};
use grpc_telemetry::Telemetry;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::AppError;
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
    let shutdown = Shutdown::new(config.shutdown_grace);
    let starting = Starting::new(config, parts, telemetry.scrape(), shutdown);
    let stores = tokio::select! {
        stores = stores(config) => stores?,
        signal = signals.next() => {
            tracing::info!(signal, "stopped before the stores were open");
            return Ok(());
        }
    };
    let mut service = starting.serve(config, signals, stores)?;
    service.announce(config).await;
    let signal = service.until_signal().await;
    tracing::info!(signal, "stopping: calls in flight may finish");
    service.stop(config).await
}

/// A service that takes calls.
pub(super) struct Service {
    pub(super) signals: StopSignals,
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) stored: Arc<dyn UserRepository>,
    pub(super) readiness: Readiness,
    pub(super) addresses: Addresses,
    pub(super) stop: CancellationToken,
    pub(super) calls: AbortOnDropHandle<usize>,
    /// Once it is announced, if it is to be.
    pub(super) registration: Option<Registration>,
    pub(super) _probes: Vec<AbortOnDropHandle<()>>,
    pub(super) _keys: Option<AbortOnDropHandle<()>>,
    pub(super) _workers: Arc<Workers>,
}

impl Service {
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
pub(super) struct Addresses {
    pub(super) grpc: Option<SocketAddr>,
    pub(super) http: Option<SocketAddr>,
    pub(super) health: Option<SocketAddr>,
}

/// Follows the files of `tls`, if there are any, for as long as it is polled.
async fn follow(tls: Option<&Tls>) -> Infallible {
    match tls {
        Some(tls) => tls.follow().await,
        None => std::future::pending().await,
    }
}
