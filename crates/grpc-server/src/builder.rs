//! A whole service with the defaults of production: from tonic services to a program
//! that listens, serves, and drains when it is asked to stop.

mod bound;
mod error;
mod parts;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use grpc_telemetry::rpc::{DescriptorError, ServerTraceLayer};
use grpc_telemetry::{Scrape, Telemetry};
use tonic::codegen::Service;
use tonic::server::NamedService;
use tonic::service::Routes;

pub use self::bound::Bound;
pub use self::error::ServeError;
use crate::health::{self, Health};
use crate::{Readiness, Settings, StopSignals, with_reflection};

/// Checks whether the dependencies of the service are available.
type Ping = Box<dyn Fn() -> BoxFuture<'static, Result<(), ()>> + Send + Sync>;

/// A service that is to be bound. Besides what is added it serves `grpc.health.v1` and
/// reflection on the gRPC port, and `/livez`, `/readyz` and `/metrics` on the HTTP port.
#[must_use = "it serves nothing before Builder::bind"]
pub struct Builder {
    settings: Settings,
    trace: ServerTraceLayer,
    scrape: Option<Scrape>,
    descriptors: Vec<&'static [u8]>,
    routes: Routes,
    health: Health,
    /// The full names of the services that were added.
    services: Vec<&'static str>,
    role_option: Option<&'static str>,
    ping: Ping,
}

/// A service that `telemetry` traces and counts. `descriptor_sets` are the
/// `FILE_DESCRIPTOR_SET`s of all services that will be added.
///
/// # Errors
/// When a set can't be decoded or is empty, or none has a service.
pub fn builder(
    telemetry: &Telemetry,
    descriptor_sets: &[&'static [u8]],
) -> Result<Builder, DescriptorError> {
    let health = Health::new();
    Ok(Builder {
        settings: Settings::default(),
        trace: telemetry.server(descriptor_sets)?,
        scrape: telemetry.scrape(),
        descriptors: [descriptor_sets, &[health::pb::FILE_DESCRIPTOR_SET]].concat(),
        routes: Routes::new(health.server()),
        health,
        services: Vec::new(),
        role_option: None,
        ping: Box::new(|| futures_util::future::ready(Ok(())).boxed()),
    })
}

impl Builder {
    /// Uses `settings` instead of the defaults.
    pub fn with_settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Serves `service` too. The package of the first one, such as `orders.v1`, is the domain
    /// of all errors, and its first part what the names of the metrics begin with.
    pub fn add_service<S>(mut self, service: S) -> Self
    where
        S: Service<
                http::Request<tonic::body::Body>,
                Response = http::Response<tonic::body::Body>,
                Error = std::convert::Infallible,
                Future: Send,
            > + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
    {
        self.routes = self.routes.add_service(service);
        self.services.push(S::NAME);
        self
    }

    /// The option of methods that has their roles, such as `orders.v1.role`, an enum: what a
    /// caller needs where [`Settings::tokens`] are required. A method without it ends the start.
    pub fn with_role_option(mut self, option: &'static str) -> Self {
        self.role_option = Some(option);
        self
    }

    /// Is ready only while `ping` succeeds, such as a query of the database: not ready once
    /// it has failed, or not returned within a second, for 5 seconds. Without it, always.
    pub fn ready_while<F, E>(mut self, ping: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        self.ping = Box::new(move || ping().map(|answer| answer.map_err(drop)).boxed());
        self
    }

    /// Takes the ports, and reads the files of TLS.
    ///
    /// # Errors
    /// One sentence that says what is wrong and what to do.
    pub async fn bind(self) -> Result<Bound, ServeError> {
        let signals = StopSignals::listen().map_err(ServeError::Signals)?;
        let grpc = parts::listen(self.settings.listen, "LISTEN_ADDR").await?;
        let http = parts::listen(self.settings.http, "HTTP_ADDR").await?;
        let first = self.services.first().ok_or(ServeError::NoService)?;
        let (policy, following) =
            parts::policy(first, &self.descriptors, self.role_option, &self.settings)?;
        let tls = parts::tls(&self.settings, policy.metric_prefix)?;
        let routes = match self.settings.reflection {
            true => with_reflection(self.routes, &self.descriptors)?,
            false => self.routes,
        };
        Ok(Bound {
            signals,
            grpc,
            http,
            tls,
            policy,
            following,
            routes: routes.prepare(),
            trace: self.trace,
            scrape: self.scrape,
            readiness: Readiness::new(self.health, &self.services),
            ping: self.ping,
            settings: self.settings,
        })
    }
}

#[cfg(test)]
mod tests;
