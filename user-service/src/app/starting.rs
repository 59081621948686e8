//! The service while its stores are being opened: probes, and no calls yet.

use std::net::SocketAddr;
use std::sync::Arc;

use grpc_discovery::Registry;
use grpc_server::health::Health;
use grpc_server::tls::Tls;
use grpc_server::{
    ConnectionLimits, Policy, Readiness, Running, Server, Shutdown, StopSignals, Workers, probes,
    rlimit, stack,
};
use grpc_telemetry::Scrape;
use grpc_telemetry::rpc::ServerTraceLayer;
use kitex_server::OverGrpc;
use tokio_util::task::AbortOnDropHandle;
use tonic::service::Routes;

use super::AppError;
use super::kitex::{self, protocols};
use super::open::{Parts, Stores, routes};
use super::ports::{Ports, TakenPort, address};
use super::serve::{Addresses, Service};
use super::settings::{connection_limits, health_connection_limits};
use crate::config::Config;

/// A service that serves its probes, and no calls yet.
pub(super) struct Starting {
    ports: BoundPorts,
    tls: Option<Arc<Tls>>,
    policy: Policy,
    trace: ServerTraceLayer,
    is_for_kitex: bool,
    readiness: Readiness,
    health: Health,
    shutdown: Shutdown,
    probes: Vec<AbortOnDropHandle<()>>,
    _keys: Option<AbortOnDropHandle<()>>,
    registries: Vec<Box<dyn Registry>>,
    workers: Arc<Workers>,
}

/// The port for calls, and where the others are.
struct BoundPorts {
    grpc: TakenPort,
    http: Option<SocketAddr>,
    health: Option<SocketAddr>,
}

impl Starting {
    /// Starts to serve the ports for probes.
    pub(super) fn new(
        config: &Config,
        parts: Parts,
        scrape: Option<Scrape>,
        shutdown: Shutdown,
    ) -> Self {
        let Ports { grpc, http, health } = parts.ports;
        let ports = BoundPorts {
            grpc,
            http: address(&http),
            health: health.as_ref().and_then(address),
        };
        tracing::debug!(
            http = ports.http.map(tracing::field::display),
            health = ports.health.map(tracing::field::display),
            "serving probes, not calls yet"
        );
        let readiness = parts.readiness;
        let served = probes::serve(http, readiness.clone(), scrape, shutdown.stop.clone());
        let mut probes = vec![AbortOnDropHandle::new(tokio::spawn(served))];
        if let Some(listener) = health {
            let routes = Routes::new(parts.health.server()).prepare();
            let service = stack(routes, parts.policy.clone(), parts.trace.clone());
            let limits = health_connection_limits(&config.limits);
            let server =
                Server::new(listener, service, limits).with_workers(Arc::clone(&parts.workers));
            let shutdown = shutdown.clone();
            let checks = async move {
                server.serve(shutdown).await;
            };
            probes.push(AbortOnDropHandle::new(tokio::spawn(checks)));
        }
        Self {
            ports,
            tls: parts.tls,
            policy: parts.policy,
            trace: parts.trace,
            is_for_kitex: parts.is_for_kitex,
            readiness,
            health: parts.health,
            shutdown,
            probes,
            _keys: parts._keys,
            registries: parts.registries,
            workers: parts.workers,
        }
    }

    /// Starts to serve calls as well, from `stores`.
    pub(super) fn serve(
        self,
        config: &Config,
        signals: StopSignals,
        stores: Stores,
    ) -> Result<Service, AppError> {
        let listener = self.ports.grpc.listen()?;
        let addresses = Addresses {
            grpc: address(&listener),
            http: self.ports.http,
            health: self.ports.health,
        };
        let routes = routes(config, stores.users, &self.health)?;
        let service = stack(routes, self.policy, self.trace);
        let limits = &config.limits;
        let limits = ConnectionLimits {
            total: rlimit::connections(limits.max_connections),
            ..connection_limits(limits)
        };
        let kitex = kitex::service(config);
        let protocols = protocols(config, kitex, &service);
        let service = OverGrpc::new(service, kitex, self.is_for_kitex);
        let mut server = Server::new(listener, service, limits)
            .with_tls(self.tls.clone())
            .with_workers(Arc::clone(&self.workers));
        if let Some(protocols) = protocols {
            server = server.with_protocols(protocols);
        }
        Ok(Service {
            running: Running {
                signals,
                tls: self.tls,
                readiness: self.readiness,
                drain_delay: config.shutdown.shutdown_drain_delay,
                stop: self.shutdown.stop.clone(),
                calls: AbortOnDropHandle::new(tokio::spawn(server.serve(self.shutdown))),
            },
            stored: stores.stored,
            addresses,
            registries: self.registries,
            registrations: Vec::new(),
            _probes: self.probes,
            _keys: self._keys,
            _workers: self.workers,
        })
    }
}
