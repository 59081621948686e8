//! What is below all calls: a span, attempts, and connections to the servers.

use std::time::Duration;

use grpc_telemetry::Telemetry;
use grpc_telemetry::rpc::ClientTraceService;
use rand::seq::IteratorRandom;
use tonic::service::InterceptorLayer;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Endpoint, Uri};
use tonic::{Request, Status};
use tower::ServiceBuilder;

use super::balance::{Balance, Source};
use super::credentials::Credentials;
use super::journal;
use super::retry::{Retry, RetryLayer};
use super::server::Server;
use super::token::Token;
use crate::failure::{Failure, tls};

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

/// A channel to `server`, connected with its first call, which shows `token`
/// and is traced by `telemetry`.
///
/// # Errors
/// When TLS can't be set up.
pub fn open(
    server: &Server,
    tuning: &Tuning,
    token: Token,
    telemetry: &Telemetry,
) -> Result<TracedChannel, Failure> {
    let servers = servers(server, tuning)?;
    let attempts = ServiceBuilder::new()
        .layer(RetryLayer::default())
        .layer(InterceptorLayer::new(journal::trace as Interceptor))
        .layer(InterceptorLayer::new(token))
        .service(servers);
    // The span is outermost: one for all attempts, each of which sends its context.
    Ok(telemetry.client(server.uri(), attempts))
}

fn servers(server: &Server, tuning: &Tuning) -> Result<Balance, Failure> {
    if server.is_name() {
        // What is wrong with TLS is so for each address: said here, and once.
        tuning.endpoint(server.uri())?;
        let source = Source::of(server.registry());
        return Ok(Balance::of_name(
            server.uri().clone(),
            source,
            tuning.clone(),
        ));
    }
    let endpoints = server.uris().map(|uri| tuning.endpoint(uri));
    let endpoints = endpoints.collect::<Result<Vec<_>, _>>()?;
    Ok(Balance::of_list(&endpoints))
}

/// An endpoint for one of the servers of `server`, for a connection of its own.
///
/// # Errors
/// When TLS can't be set up, or no server is registered.
pub async fn endpoint_of_one(server: &Server, tuning: &Tuning) -> Result<Endpoint, Failure> {
    let Some(registry) = server.registry() else {
        return tuning.endpoint(server.uri());
    };
    let addresses = Source::of(Some(registry)).addresses(server.uri()).await;
    let address = addresses.map(|all| all.into_iter().choose(&mut rand::rng()));
    match address {
        Ok(Some(address)) => tuning.endpoint_of(server.uri(), &address),
        Ok(None) => Err(Failure::new(format!("{server} has no address"))),
        Err(why) => Err(Failure::new(format!("{server} can't be resolved: {why}"))),
    }
}

/// How connections are made and kept.
#[derive(Clone, Debug)]
pub struct Tuning {
    connect_limit: Duration,
    credentials: Option<Credentials>,
}

impl Tuning {
    /// For calls that take at most `timeout`, with TLS if there are `credentials`.
    pub fn new(timeout: Duration, credentials: Option<Credentials>) -> Self {
        Self {
            connect_limit: CONNECT_LIMIT.min(timeout),
            credentials,
        }
    }

    /// An endpoint for the server at `uri`.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub fn endpoint(&self, uri: &Uri) -> Result<Endpoint, Failure> {
        self.tuned(uri.clone(), uri.host().unwrap_or_default())
    }

    /// An endpoint for the server at `address`, which goes by the name in `name`.
    ///
    /// # Errors
    /// When TLS can't be set up, or `address` is none.
    pub(super) fn endpoint_of(&self, name: &Uri, address: &str) -> Result<Endpoint, Failure> {
        let scheme = name.scheme_str().unwrap_or("http");
        let uri = format!("{scheme}://{address}").parse();
        let uri = uri.map_err(|error| Failure::new(format!("{address} is no address: {error}")))?;
        let endpoint = self.tuned(uri, name.host().unwrap_or_default())?;
        Ok(endpoint.origin(name.clone()))
    }

    fn tuned(&self, uri: Uri, host: &str) -> Result<Endpoint, Failure> {
        let endpoint = Endpoint::from(uri)
            .connect_timeout(self.connect_limit)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT);
        let Some(credentials) = &self.credentials else {
            return Ok(endpoint);
        };
        endpoint
            .tls_config(credentials.expecting(host))
            .map_err(|error| tls::unusable(&error))
    }
}
