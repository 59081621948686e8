//! An OTLP receiver, over gRPC and HTTP on one port: what `user-client --waterfall` draws from and
//! what the tests assert on.

mod grpc;
mod http;
mod received;
mod sink;
mod store;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::AbortOnDropHandle;

pub use self::received::{ReceivedLog, ReceivedSpan, text};
pub use self::sink::Sink;
use self::store::{Store, lock};

/// The most spans a receiver keeps; later ones are refused with a partial success.
pub const MAX_SPANS: usize = 500_000;

/// The most log records a receiver keeps; later ones are refused with a partial success.
pub const MAX_LOGS: usize = 500_000;

/// The largest OTLP message that is accepted, in bytes.
const MAX_MESSAGE_BYTES: usize = 64 * 1024 * 1024;

/// OTLP over gRPC and HTTP (protobuf and JSON) on one port, with gzip or without, for a server of
/// HTTP/1.1 and HTTP/2. What arrives goes to `sink`; a message of more than `max_message_bytes`,
/// once it is inflated, is refused.
pub fn router(sink: Arc<dyn Sink>, max_message_bytes: usize) -> Router {
    let http = http::router(Arc::clone(&sink), max_message_bytes);
    let grpc = grpc::routes(sink, max_message_bytes);
    grpc.into_axum_router().merge(http)
}

/// A listening OTLP endpoint. It stops when dropped.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    store: Arc<Store>,
    _stop: DropGuard,
    _serving: AbortOnDropHandle<io::Result<()>>,
}

impl Receiver {
    /// Listens on `address`; port 0 takes any free one.
    ///
    /// # Errors
    /// When the address can't be bound.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let store = Arc::new(Store::default());
        let stop = CancellationToken::new();
        let router = router(Arc::clone(&store) as Arc<dyn Sink>, MAX_MESSAGE_BYTES);
        let server =
            axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
        let serving = tokio::spawn(async move { server.await });
        Ok(Self {
            address,
            store,
            _stop: stop.drop_guard(),
            _serving: AbortOnDropHandle::new(serving),
        })
    }

    /// The address that was bound.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint in the form that `OTEL_EXPORTER_OTLP_ENDPOINT` takes.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All spans received so far, in the order of their arrival.
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        lock(&self.store.spans).clone()
    }

    /// All log records received so far, in the order of their arrival.
    pub fn logs(&self) -> Vec<ReceivedLog> {
        lock(&self.store.logs).clone()
    }

    /// Forgets all spans and log records, which are kept up to a limit.
    pub fn clear(&self) {
        lock(&self.store.spans).clear();
        lock(&self.store.logs).clear();
    }

    /// The metrics of the last export.
    pub fn metrics(&self) -> Vec<Metric> {
        lock(&self.store.metrics).clone()
    }

    /// Waits until `done` says so of the spans received, for at most `limit`.
    /// Returns whether it did.
    pub async fn wait_until(
        &self,
        limit: Duration,
        mut done: impl FnMut(&[ReceivedSpan]) -> bool,
    ) -> bool {
        let mut arrivals = self.store.arrivals.subscribe();
        let wait = async {
            while !done(&lock(&self.store.spans)) {
                if arrivals.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(limit, wait).await.is_ok()
    }
}
