//! The connection below all calls.

use std::time::Duration;

use telemetry::rpc::{ClientTraceLayer, ClientTraceService};
use tonic::service::InterceptorLayer;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status};
use tower::ServiceBuilder;

use super::journal;
use super::server::Server;
use crate::failure::Failure;

/// A connection takes at most this long to make, and never longer than a call may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How often a silent connection is asked whether it still lives.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// How long it may take to answer that.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);

type Interceptor = fn(Request<()>) -> Result<Request<()>, Status>;

/// A channel whose calls are traced and carry their context with them.
pub type TracedChannel = ClientTraceService<InterceptedService<Channel, Interceptor>>;

/// A channel to `server`, connected with its first call. Start telemetry first.
///
/// # Errors
/// When TLS can't be set up.
pub fn open(server: &Server, timeout: Duration) -> Result<TracedChannel, Failure> {
    let mut endpoint = Endpoint::from(server.uri().clone())
        .connect_timeout(CONNECT_LIMIT.min(timeout))
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT);
    if server.is_tls() {
        endpoint = endpoint
            .tls_config(ClientTlsConfig::new().with_native_roots())
            .map_err(|error| Failure::new(format!("TLS cannot be set up: {error}")))?;
    }
    // The span is outermost, so that the interceptor inside sends its context.
    Ok(ServiceBuilder::new()
        .layer(ClientTraceLayer::new(server.uri()))
        .layer(InterceptorLayer::new(journal::trace as Interceptor))
        .service(endpoint.connect_lazy()))
}
