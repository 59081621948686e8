//! An OTLP receiver, over gRPC and HTTP on one port: what `user-client --waterfall` draws from and
//! what the tests assert on.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use prost::bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

/// The most spans a receiver keeps; later ones are refused with a partial success.
pub const MAX_SPANS: usize = 500_000;

/// The largest OTLP message that is accepted, in bytes.
const MAX_MESSAGE_BYTES: usize = 64 * 1024 * 1024;

/// One span as it came over the wire, with what its batch said of its origin.
#[derive(Clone, Debug)]
pub struct ReceivedSpan {
    /// The attributes of the resource that made the span.
    pub resource: Arc<Vec<KeyValue>>,
    /// The instrumentation scope that made the span.
    pub scope: Arc<InstrumentationScope>,
    /// The span itself.
    pub span: Span,
}

impl ReceivedSpan {
    /// `service.name` of the resource, or "unknown" without one.
    pub fn service_name(&self) -> &str {
        text(&self.resource, "service.name").unwrap_or("unknown")
    }

    /// The spans of OTLP batches, each with what its batch says of its origin.
    pub fn of_batches(batches: Vec<ResourceSpans>) -> impl Iterator<Item = Self> {
        batches.into_iter().flat_map(|batch| {
            let resource = Arc::new(batch.resource.map(|it| it.attributes).unwrap_or_default());
            let scopes = batch.scope_spans.into_iter();
            scopes.flat_map(move |scoped| Self::of_scope(&resource, scoped))
        })
    }

    fn of_scope(
        resource: &Arc<Vec<KeyValue>>,
        scoped: ScopeSpans,
    ) -> impl Iterator<Item = Self> + use<> {
        let resource = Arc::clone(resource);
        let scope = Arc::new(scoped.scope.unwrap_or_default());
        scoped.spans.into_iter().map(move |span| Self {
            resource: Arc::clone(&resource),
            scope: Arc::clone(&scope),
            span,
        })
    }
}

/// The value of the text attribute `key`.
pub fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// A listening OTLP endpoint. It stops when dropped.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    store: Arc<Store>,
    _stop: DropGuard,
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
        let service = TraceServiceServer::from_arc(Arc::clone(&store))
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(MAX_MESSAGE_BYTES);
        let http = Router::new()
            .route("/v1/traces", post(spans_by_http))
            .route("/v1/metrics", post(metrics_by_http))
            .layer(DefaultBodyLimit::max(MAX_MESSAGE_BYTES))
            .with_state(Arc::clone(&store));
        let metrics = MetricsServiceServer::from_arc(Arc::clone(&store))
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(MAX_MESSAGE_BYTES);
        let router = Routes::new(service)
            .add_service(metrics)
            .into_axum_router()
            .merge(http);
        let server =
            axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
        // Owned through `stop`: the task ends when the receiver is dropped.
        tokio::spawn(async move { server.await });
        Ok(Self {
            address,
            store,
            _stop: stop.drop_guard(),
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
        self.store.lock().clone()
    }

    /// The metrics of the last export.
    pub fn metrics(&self) -> Vec<Metric> {
        let last = self.store.metrics.lock();
        last.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until `done` says so of the spans received, for at most `limit`.
    /// Answers whether it did.
    pub async fn wait_until(
        &self,
        limit: Duration,
        mut done: impl FnMut(&[ReceivedSpan]) -> bool,
    ) -> bool {
        let mut arrivals = self.store.arrivals.subscribe();
        let wait = async {
            while !done(&self.store.lock()) {
                if arrivals.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(limit, wait).await.is_ok()
    }
}

#[derive(Debug, Default)]
struct Store {
    spans: Mutex<Vec<ReceivedSpan>>,
    metrics: Mutex<Vec<Metric>>,
    arrivals: watch::Sender<usize>,
}

impl Store {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<ReceivedSpan>> {
        // A vector of received spans is valid at any point, so a panic elsewhere spoils nothing.
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn receive(&self, request: ExportTraceServiceRequest) -> ExportTraceServiceResponse {
        let rejected = self.keep(request);
        self.arrivals.send_modify(|count| *count += 1);
        let partial_success = (rejected > 0).then(|| ExportTracePartialSuccess {
            rejected_spans: i64::try_from(rejected).unwrap_or(i64::MAX),
            error_message: format!("this receiver keeps at most {MAX_SPANS} spans"),
        });
        ExportTraceServiceResponse { partial_success }
    }

    fn receive_metrics(&self, request: ExportMetricsServiceRequest) {
        let resources = request.resource_metrics.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_metrics);
        let metrics = scopes.flat_map(|scope| scope.metrics).collect();
        *self.metrics.lock().unwrap_or_else(PoisonError::into_inner) = metrics;
    }

    /// Keeps what fits and answers how many spans did not.
    fn keep(&self, request: ExportTraceServiceRequest) -> usize {
        let mut spans = self.lock();
        let mut received = ReceivedSpan::of_batches(request.resource_spans);
        let room = MAX_SPANS.saturating_sub(spans.len());
        spans.extend(received.by_ref().take(room));
        received.count()
    }
}

#[tonic::async_trait]
impl TraceService for Store {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        Ok(Response::new(self.receive(request.into_inner())))
    }
}

#[tonic::async_trait]
impl MetricsService for Store {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.receive_metrics(request.into_inner());
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// OTLP/HTTP with protobuf, by the paths of the specification.
async fn spans_by_http(
    State(store): State<Arc<Store>>,
    body: Bytes,
) -> Result<Vec<u8>, StatusCode> {
    let request = ExportTraceServiceRequest::decode(body).map_err(|_| StatusCode::BAD_REQUEST)?;
    Ok(store.receive(request).encode_to_vec())
}

async fn metrics_by_http(
    State(store): State<Arc<Store>>,
    body: Bytes,
) -> Result<Vec<u8>, StatusCode> {
    let request = ExportMetricsServiceRequest::decode(body).map_err(|_| StatusCode::BAD_REQUEST)?;
    store.receive_metrics(request);
    Ok(ExportMetricsServiceResponse::default().encode_to_vec())
}
