//! The service itself: build all parts, serve, and stop in order.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use grpc_telemetry::Telemetry;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tonic::service::Routes;
use tonic_health::server::HealthReporter;

use super::ports::{Ports, address};
use super::{AppError, descriptors, methods, repository_config};
use crate::cache::{MemoryCache, RedisCache, Ttl, UserCache};
use crate::config::Config;
use crate::domain::Users;
use crate::grpc::{Dispatch, Grpc, Health};
use crate::readiness::Readiness;
use crate::registration::Registration;
use crate::repository::{self, CachedRepository};
use crate::server::tls::Tls;
use crate::server::{self, Admission, Shutdown, Workers};
use crate::signals::StopSignals;
use crate::transport::{Access, CallLimits, CallerLimits};
use crate::{config, http, transport};

/// How long the connections to the database may take to close.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);
/// Connections to the port for health alone, where callers can't take them from the probes.
const HEALTH_CONNECTIONS: usize = 16;

/// Serves until a signal, then finishes what is in flight.
pub(super) async fn serve(config: &Config, telemetry: &Telemetry) -> Result<(), AppError> {
    let mut signals = StopSignals::listen().map_err(AppError::Signals)?;
    // Ports first: if one is taken, nothing else has happened yet.
    let ports = Ports::listen(config)?;
    let (grpc, http) = (address(&ports.grpc), address(&ports.http));
    let plain_health = ports.health.as_ref().and_then(address);
    let tls = tls(config)?;

    let (access, keys) = access(config)?;
    let _keys = keys.map(|keys| AbortOnDropHandle::new(tokio::spawn(keys)));
    // The database last: opening it may change its schema, which no wrong setting should precede.
    let cache = cache(config).await?;
    let stored = repository::open(&repository_config(config)?).await?;
    let users = Users::new(match cache {
        Some(cache) => Arc::new(CachedRepository::new(Arc::clone(&stored), cache)),
        None => Arc::clone(&stored),
    });
    let reporter = HealthReporter::new();
    let health = Health::new(reporter.clone());
    let readiness = Readiness::new(reporter).await;
    let health_routes = Routes::new(health.clone()).prepare();
    let routes = routes(users, health, config.reflection)?;
    let shutdown = Shutdown {
        stop: CancellationToken::new(),
        grace: config.shutdown_grace,
        grace_over: CancellationToken::new(),
    };
    let limits = &config.limits;
    let trace = telemetry
        .server(&methods::DESCRIPTORS)
        .map_err(|error| AppError::Descriptors(error.to_string()))?
        .with_trust(config.trust_incoming_trace.into())
        .with_baggage_attributes(config.baggage_span_attributes());
    let methods = methods::all()?;
    let health_service = transport::stack(
        health_routes,
        methods.clone(),
        trace.clone(),
        access.clone(),
        call_limits(limits),
    );
    let service = transport::stack(routes, methods, trace, access, call_limits(limits));
    let admission = Arc::new(Admission::new(
        descriptors::connections(limits.max_connections),
        limits.max_connections_per_address,
    ));

    let stop = shutdown.stop.clone();
    let probes = http::serve(
        ports.http,
        readiness.clone(),
        telemetry.scrape(),
        stop.clone(),
    );
    let _probes = AbortOnDropHandle::new(tokio::spawn(probes));
    // Kept until the database is closed: its connections may have been opened on them.
    let workers = Arc::new(workers()?);
    let _health = ports.health.map(|listener| {
        let admission = Arc::new(Admission::new(HEALTH_CONNECTIONS, HEALTH_CONNECTIONS));
        let workers = Arc::clone(&workers);
        let (limits, shutdown) = (connection_limits(limits), shutdown.clone());
        let checks = server::serve(
            listener,
            None,
            health_service,
            workers,
            admission,
            limits,
            shutdown,
        );
        AbortOnDropHandle::new(tokio::spawn(checks))
    });
    let calls = server::serve(
        ports.grpc,
        tls.clone(),
        service,
        Arc::clone(&workers),
        admission,
        connection_limits(limits),
        shutdown,
    );
    let calls = AbortOnDropHandle::new(tokio::spawn(calls));
    readiness.set(true).await;
    let registration = grpc.and_then(|address| config.etcd.registration(address));
    let registration = registration.map(Registration::start);
    tracing::info!(
        grpc = grpc.map(tracing::field::display),
        http = http.map(tracing::field::display),
        health = plain_health.map(tracing::field::display),
        tls = tls.is_some(),
        "serving"
    );

    let signal = tokio::select! {
        signal = signals.next() => signal,
        never = readiness.follow(Arc::clone(&stored)) => match never {},
        never = follow(tls.as_deref()) => match never {},
    };
    tracing::info!(signal, "stopping: calls in flight may finish");
    let stopped = async {
        // Whoever sends calls here learns of it first, and goes elsewhere meanwhile.
        if let Some(registration) = registration {
            registration.end().await;
        }
        readiness.set(false).await;
        tokio::time::sleep(config.shutdown_drain_delay).await;
        readiness.end().await;
        stop.cancel();
        let cut_off = calls.await.unwrap_or_default();
        // What is left is idle; the database learns that it is not a broken connection.
        let _ = tokio::time::timeout(CLOSE_LIMIT, stored.close()).await;
        cut_off
    };
    let cut_off = tokio::select! {
        cut_off = stopped => cut_off,
        signal = signals.next() => return Err(AppError::Interrupted(signal)),
    };
    if cut_off > 0 {
        tracing::warn!(
            connections = cut_off,
            "calls were cut off: SHUTDOWN_GRACE gives them more time"
        );
    }
    tracing::info!("stopped");
    Ok(())
}

/// The threads for the connections.
fn workers() -> Result<Workers, AppError> {
    let workers = Workers::start().map_err(AppError::Threads)?;
    for runtime in workers.runtimes() {
        grpc_telemetry::observe_runtime(runtime.clone());
    }
    Ok(workers)
}

/// The way in that `config` asks for, and what keeps its keys up to date.
fn access(
    config: &Config,
) -> Result<(Access, Option<impl Future<Output = ()> + Send + 'static>), AppError> {
    let Some(rules) = config.tokens.rules()? else {
        return Ok((Access::open(), None));
    };
    let (access, keys) = Access::by_token(rules)?;
    Ok((access, Some(keys)))
}

fn call_limits(limits: &config::Limits) -> CallLimits {
    CallLimits {
        in_flight: limits.max_in_flight,
        unary: limits.unary_timeout,
        silence: limits.stream_idle_timeout,
        caller: CallerLimits {
            rate: limits.caller_rate_limit,
            calls: limits.caller_max_concurrent,
            streams: limits.caller_max_streams,
        },
    }
}

fn connection_limits(limits: &config::Limits) -> server::Limits {
    server::Limits {
        streams: limits.max_streams_per_connection,
        patience: limits.connection_timeout,
        idle: limits.max_connection_idle,
        age: limits.max_connection_age,
        grace: limits.max_connection_age_grace,
        random: rand::random::<f64>,
    }
}

/// TLS for the gRPC port, if `config` asks for it.
fn tls(config: &Config) -> Result<Option<Arc<Tls>>, AppError> {
    let Some(files) = config.tls.files()? else {
        return Ok(None);
    };
    Ok(Some(Tls::open(files, config.tls.identities())?))
}

/// Follows the files of `tls`, if there are any, for as long as it is polled.
async fn follow(tls: Option<&Tls>) -> Infallible {
    match tls {
        Some(tls) => tls.follow().await,
        None => std::future::pending().await,
    }
}

/// The cache that `config` asks for, if it asks for one.
async fn cache(config: &Config) -> Result<Option<Arc<dyn UserCache>>, AppError> {
    if config.cache_ttl.is_zero() {
        return Ok(None);
    }
    let ttl = Ttl::new(config.cache_ttl, rand::random::<f64>);
    Ok(Some(match config.redis_url()? {
        Some(url) => Arc::new(RedisCache::open(&url, ttl).await?),
        None => Arc::new(MemoryCache::new(ttl)),
    }))
}

fn routes(users: Users, health: Health, reflection: bool) -> Result<Dispatch, AppError> {
    let mut routes = Routes::new(health);
    if reflection {
        let builder = || {
            methods::DESCRIPTORS.iter().fold(
                tonic_reflection::server::Builder::configure(),
                |builder, descriptors| builder.register_encoded_file_descriptor_set(descriptors),
            )
        };
        let invalid =
            |error: tonic_reflection::server::Error| AppError::Descriptors(error.to_string());
        routes = routes
            .add_service(builder().build_v1().map_err(invalid)?)
            .add_service(builder().build_v1alpha().map_err(invalid)?);
    }
    Ok(Dispatch::new(Grpc::server(users), routes.prepare()))
}
