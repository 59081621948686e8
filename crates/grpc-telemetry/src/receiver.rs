//! An OTLP receiver, over gRPC and HTTP on one port: what `user-client --waterfall` draws from and
//! what the tests assert on.

mod grpc;
mod http;
mod received;
mod store;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::LogsServiceServer;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::MetricsServiceServer;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::TraceServiceServer;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::AbortOnDropHandle;
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;

pub use self::received::{ReceivedLog, ReceivedSpan, text};
use self::store::{Store, lock};

/// The most spans a receiver keeps; later ones are refused with a partial success.
pub const MAX_SPANS: usize = 500_000;

/// The most log records a receiver keeps; later ones are refused with a partial success.
pub const MAX_LOGS: usize = 500_000;

/// The largest OTLP message that is accepted, in bytes.
const MAX_MESSAGE_BYTES: usize = 64 * 1024 * 1024;

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
        let spans = TraceServiceServer::from_arc(Arc::clone(&store))
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(MAX_MESSAGE_BYTES);
        let metrics = MetricsServiceServer::from_arc(Arc::clone(&store))
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(MAX_MESSAGE_BYTES);
        let logs = LogsServiceServer::from_arc(Arc::clone(&store))
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(MAX_MESSAGE_BYTES);
        let router = Routes::new(spans)
            .add_service(metrics)
            .add_service(logs)
            .into_axum_router()
            .merge(http::router(Arc::clone(&store)));
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
