//! What is below all calls: a span, attempts, and connections to the servers.

use std::time::Duration;

use telemetry::rpc::{ClientTraceLayer, ClientTraceService};
use tonic::service::InterceptorLayer;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{ClientTlsConfig, Endpoint, Uri};
use tonic::{Request, Status};
use tower::ServiceBuilder;

use super::balance::Balance;
use super::journal;
use super::retry::{Retry, RetryLayer};
use super::server::Server;
use super::token::Token;
use crate::failure::Failure;

/// A connection takes at most this long to make, and never longer than a call may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How often a silent connection is asked whether it still lives.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// How long it may take to answer that.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);

type Interceptor = fn(Request<()>) -> Result<Request<()>, Status>;

/// A channel whose calls are traced and carry their context with them.
pub type TracedChannel =
    ClientTraceService<Retry<InterceptedService<BareChannel<Balance>, Interceptor>>>;

/// A channel whose calls carry a token, if there is one.
pub type BareChannel<C> = InterceptedService<C, Token>;

/// A channel to `server`, connected with its first call, which shows `token`. Start telemetry first.
///
/// # Errors
/// When TLS can't be set up.
pub fn open(server: &Server, timeout: Duration, token: Token) -> Result<TracedChannel, Failure> {
    let servers = servers(server, Tuning::new(timeout))?;
    // The span is outermost: one for all attempts, and the interceptor inside sends its context.
    Ok(ServiceBuilder::new()
        .layer(ClientTraceLayer::new(server.uri()))
        .layer(RetryLayer::default())
        .layer(InterceptorLayer::new(journal::trace as Interceptor))
        .layer(InterceptorLayer::new(token))
        .service(servers))
}

/// An endpoint of `server`, the first if there are several.
///
/// # Errors
/// When TLS can't be set up.
pub(super) fn bare(server: &Server, timeout: Duration) -> Result<Endpoint, Failure> {
    endpoint(server, server.uri(), Tuning::new(timeout))
}

fn servers(server: &Server, tuning: Tuning) -> Result<Balance, Failure> {
    if server.is_name() {
        return Ok(Balance::of_name(server.uri().clone(), tuning));
    }
    let mut endpoints = Vec::new();
    for uri in server.uris() {
        endpoints.push(endpoint(server, uri, tuning)?);
    }
    Ok(Balance::of_list(&endpoints))
}

fn endpoint(server: &Server, uri: &Uri, tuning: Tuning) -> Result<Endpoint, Failure> {
    let endpoint = tuning.endpoint(uri.clone());
    if !server.is_tls() {
        return Ok(endpoint);
    }
    endpoint
        .tls_config(ClientTlsConfig::new().with_native_roots())
        .map_err(|error| Failure::new(format!("TLS cannot be set up: {error}")))
}

/// How connections are made and kept.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    connect_limit: Duration,
}

impl Tuning {
    /// For calls that take at most `timeout`.
    pub fn new(timeout: Duration) -> Self {
        Self {
            connect_limit: CONNECT_LIMIT.min(timeout),
        }
    }

    /// An endpoint for the server at `uri`.
    pub(super) fn endpoint(self, uri: Uri) -> Endpoint {
        Endpoint::from(uri)
            .connect_timeout(self.connect_limit)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
    }
}
