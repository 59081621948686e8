//! Opens all parts of the service, and serves nothing yet.

use std::sync::Arc;

use grpc_discovery::Registry;
use grpc_server::health::Health;
use grpc_server::tls::Tls;
use grpc_server::{Authentication, Policy, Readiness, Workers, with_reflection};
use grpc_telemetry::Telemetry;
use grpc_telemetry::rpc::ServerTraceLayer;
use tokio_util::task::AbortOnDropHandle;
use tonic::service::Routes;

use super::ports::Ports;
use super::{AppError, methods, settings};
use crate::cache::{MemoryCache, RedisCache, Ttl, UserCache};
use crate::config::{Config, Protocol};
use crate::dispatch::Dispatch;
use crate::domain::{UserRepository, Users};
use crate::grpc::Grpc;
use crate::metrics;
use crate::repository::{self, CachedRepository};

/// The services that `grpc.health.v1` knows, besides the server as a whole.
const HEALTH_SERVICES: &[&str] = &["user.v1.UserService"];

/// What a service has before it has its stores: nothing here waits for another program.
pub(super) struct Parts {
    pub(super) ports: Ports,
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) policy: Policy,
    pub(super) trace: ServerTraceLayer,
    /// Whether clients of gRPC may be Kitex.
    pub(super) is_for_kitex: bool,
    /// What keeps the keys of tokens up to date, while it is kept.
    pub(super) _keys: Option<AbortOnDropHandle<()>>,
    pub(super) readiness: Readiness,
    pub(super) health: Health,
    /// Where this instance is registered once it takes calls.
    pub(super) registries: Vec<Box<dyn Registry>>,
    /// Kept until the database is closed: its connections may have been opened on them.
    pub(super) workers: Arc<Workers>,
}

/// Opens what `config` requires, in the order of what can be undone: ports first (if one is
/// taken, nothing else has happened yet), then files. The stores come last, as opening them
/// may change a schema, which no wrong setting should precede.
pub(super) async fn open(config: &Config, telemetry: &Telemetry) -> Result<Parts, AppError> {
    let ports = Ports::listen(config)?;
    let tls = tls(config)?;
    let (authentication, keys) = authentication(config)?;
    let registries = config.registries.open()?;
    let policy = settings::policy(config, authentication)?;
    let trace = settings::trace(config, telemetry)?;
    let health = Health::new();
    Ok(Parts {
        ports,
        tls,
        policy,
        trace,
        is_for_kitex: telemetry.propagator().is_for_kitex(),
        _keys: keys,
        readiness: Readiness::new(health.clone(), HEALTH_SERVICES),
        health,
        registries,
        workers: Arc::new(workers()?),
    })
}

/// Where users are, and the rules over them.
pub(super) struct Stores {
    pub(super) stored: Arc<dyn UserRepository>,
    pub(super) users: Users,
}

/// Opens the stores that `config` names; waits for a database that is not up yet.
pub(super) async fn stores(config: &Config) -> Result<Stores, AppError> {
    let cache = cache(config).await?;
    let stored = repository::open(&settings::repository(config)?).await?;
    let users = Users::new(match cache {
        Some(cache) => Arc::new(CachedRepository::new(Arc::clone(&stored), cache)),
        None => Arc::clone(&stored),
    });
    Ok(Stores { stored, users })
}

/// TLS for the gRPC port, if `config` requires it.
fn tls(config: &Config) -> Result<Option<Arc<Tls>>, AppError> {
    let Some(files) = config.tls.files()? else {
        return Ok(None);
    };
    let tls = Tls::open(files, config.tls.identities(), metrics::SCOPE)?;
    Ok(Some(tls))
}

/// The authentication that `config` requires, and what keeps its keys up to date.
fn authentication(
    config: &Config,
) -> Result<(Authentication, Option<AbortOnDropHandle<()>>), AppError> {
    let Some(rules) = config.tokens.rules()? else {
        return Ok((Authentication::open(), None));
    };
    let (authentication, following) = Authentication::by_token(&rules)?;
    let following = AbortOnDropHandle::new(tokio::spawn(following));
    Ok((authentication, Some(following)))
}

/// The cache that `config` names, if it names one.
async fn cache(config: &Config) -> Result<Option<Arc<dyn UserCache>>, AppError> {
    if config.stores.cache_ttl.is_zero() {
        return Ok(None);
    }
    let ttl = Ttl::new(config.stores.cache_ttl, rand::random::<f64>);
    Ok(Some(match config.stores.redis_url()? {
        Some(url) => Arc::new(RedisCache::open(&url, ttl).await?),
        None => Arc::new(MemoryCache::new(ttl)),
    }))
}

/// What the port for calls serves.
pub(super) fn routes(config: &Config, users: Users, health: &Health) -> Result<Dispatch, AppError> {
    let mut routes = Routes::new(health.server());
    if config.listening.reflection {
        routes = with_reflection(routes, &methods::DESCRIPTORS)
            .map_err(|error| AppError::Descriptors(error.to_string()))?;
    }
    let thrift = config.listening.protocols.contains(&Protocol::Thrift);
    Ok(Dispatch::new(Grpc::new(users), thrift, routes.prepare()))
}

/// The threads for the connections.
fn workers() -> Result<Workers, AppError> {
    let workers = Workers::start().map_err(AppError::Threads)?;
    for runtime in workers.runtimes() {
        grpc_telemetry::observe_runtime(runtime.clone());
    }
    Ok(workers)
}
