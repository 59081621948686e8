//! The fate of spans.

use std::io::Write;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::Sampler;
use tokio::io::AsyncReadExt;
use tokio::runtime::Handle;
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

use super::*;
use crate::environment::Environment;
use crate::spans::{RecordingLimits, SpanProvider};

/// Ends many spans, flushes, and returns what became of them.
pub(super) async fn export_to(endpoint: String, limits: BatchLimits) -> Counts {
    export_by(&Environment::default(), endpoint, limits).await
}

async fn export_by(environment: &Environment, endpoint: String, limits: BatchLimits) -> Counts {
    let destination = Destination::of(environment, Signal::Traces, false).at(endpoint);
    let spans = Spans::make(&destination, limits).await;
    let (counts, _) = spans.end(flush).await;
    assert_eq!(counts.begun, MADE);
    assert_eq!(counts.pending(), 0, "{counts:?}");
    counts
}

/// The spans that a test exports to an endpoint.
struct Spans {
    provider: SpanProvider,
    account: Arc<Account>,
    log: Log,
    _subscriber: DefaultGuard,
}

/// What is logged meanwhile.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What makes spans, all of which go to `destination`.
fn provider(
    destination: &Destination,
    limits: BatchLimits,
    account: &Arc<Account>,
) -> SpanProvider {
    let queue = SpanQueue::of_otlp(
        destination,
        &Resource::builder_empty().build(),
        limits,
        Arc::clone(account),
        &Handle::current(),
    );
    SpanProvider::new(
        Box::new(Sampler::AlwaysOn),
        RecordingLimits::default(),
        vec![Box::new(queue.unwrap())],
    )
}

impl Spans {
    async fn make(destination: &Destination, limits: BatchLimits) -> Self {
        let account = Arc::<Account>::default();
        let log = Log::default();
        let writer = log.clone();
        let written = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
        let written = written.with_filter(LevelFilter::WARN);
        let subscriber = subscribe(tracing_subscriber::registry().with(written));
        let provider = provider(destination, limits, &account);
        let tracer = provider.tracer("test");
        for _ in 0..MADE {
            drop(tracer.start("span"));
            // The worker has this thread too.
            tokio::task::yield_now().await;
        }
        Self {
            provider,
            account,
            log,
            _subscriber: subscriber,
        }
    }

    /// What became of them after `end`, and what was logged meanwhile.
    async fn end(
        self,
        end: impl FnOnce(&SpanProvider) -> OTelSdkResult + Send + 'static,
    ) -> (Counts, String) {
        // A flush waits for the worker, which needs this thread.
        let provider = self.provider;
        let ended = tokio::task::spawn_blocking(move || end(&provider));
        let _ = ended.await.unwrap();
        let log = self.log.0.lock().unwrap().clone();
        (self.account.counts(), String::from_utf8(log).unwrap())
    }
}

/// Long enough for a worker that has nothing to wait for.
fn flush(provider: &SpanProvider) -> OTelSdkResult {
    provider.flush(FLUSH_LIMIT)
}

/// For what ends by itself.
const A_LONG_TIME: Duration = Duration::from_secs(20);

/// Where spans go whose exports are tried again.
fn patient(endpoint: String) -> Destination {
    Destination::of(&Environment::default(), Signal::Traces, true).at(endpoint)
}

#[tokio::test]
async fn an_endpoint_that_takes_everything_has_everything() {
    let receiver = receiver().await;

    let counts = export_to(receiver.endpoint(), limits()).await;

    assert_eq!(counts.exported, MADE);
    assert_eq!(receiver.spans().len() as u64, MADE);
}

#[tokio::test]
async fn what_is_compressed_and_has_headers_arrives_as_well() {
    let receiver = receiver().await;
    let environment = Environment::of(&[
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "tenant=users"),
    ]);

    let counts = export_by(&environment, receiver.endpoint(), limits()).await;

    assert_eq!(counts.exported, MADE);
    assert_eq!(receiver.spans().len() as u64, MADE);
}

#[tokio::test]
async fn an_endpoint_that_breaks_connections_for_a_while_has_everything_in_the_end() {
    let receiver = receiver().await;
    let behind = receiver.endpoint().replace("http://", "");
    // One more than in a short outage.
    let broken = Arc::new(AtomicU32::new(4));
    let (endpoint, _server) = server(move |mut stream| {
        let (behind, broken) = (behind.clone(), Arc::clone(&broken));
        async move {
            let breaks = broken.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
            if breaks.is_ok() {
                let _ = stream.read(&mut [0; 1024]).await;
                return;
            }
            let mut receiver = TcpStream::connect(behind).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut receiver).await;
        }
    })
    .await;
    let one_by_one = BatchLimits {
        exports: 1,
        ..limits()
    };

    let spans = Spans::make(&patient(endpoint), one_by_one).await;
    let settled = async {
        while spans.account.counts().pending() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let settled = tokio::time::timeout(A_LONG_TIME, settled).await;

    let (counts, _) = spans.end(flush).await;
    settled.unwrap_or_else(|_| panic!("{counts:?}"));
    assert_eq!(counts.exported, MADE, "{counts:?}");
    assert_eq!(receiver.spans().len() as u64, MADE);
}

#[tokio::test]
async fn a_program_that_stops_does_not_wait_for_an_endpoint_that_is_away() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);

    let spans = Spans::make(&patient(endpoint), limits()).await;
    let stop = |provider: &SpanProvider| provider.stop(A_LONG_TIME);
    let (counts, _) = spans.end(stop).await;

    assert_eq!(counts.export_failed, MADE, "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_that_wait_in_batches_of_threads_are_exported_at_the_end() {
    const THREADS: usize = 8;
    let receiver = receiver().await;
    let account = Arc::<Account>::default();
    let provider = provider(&patient(receiver.endpoint()), limits(), &account);
    // Fewer than a batch has, so that none leaves before the end.
    let spans = limits().batch_size / 2 / THREADS;
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| (0..spans).for_each(|_| drop(provider.tracer("test").start("span"))));
        }
    });
    assert_eq!(account.counts().pending() as usize, THREADS * spans);
    assert!(receiver.spans().is_empty());

    tokio::task::spawn_blocking(move || provider.stop(A_LONG_TIME))
        .await
        .unwrap()
        .unwrap();

    assert_eq!(account.counts().exported as usize, THREADS * spans);
    assert_eq!(receiver.spans().len(), THREADS * spans);
}

#[tokio::test]
async fn what_an_endpoint_refuses_was_not_exported() {
    let picky = Picky { exaggerates: false };
    let (endpoint, _server) = served(Routes::new(TraceServiceServer::new(picky))).await;

    let counts = export_to(endpoint, limits()).await;

    assert_eq!(
        (counts.exported, counts.rejected),
        (MADE * 7 / 10, MADE * 3 / 10)
    );
}

#[tokio::test]
async fn what_an_endpoint_refuses_is_at_most_all_and_its_reason_is_said_once() {
    let picky = Picky { exaggerates: true };
    let (endpoint, _server) = served(Routes::new(TraceServiceServer::new(picky))).await;
    let environment = Environment::default();
    let destination = Destination::of(&environment, Signal::Traces, false).at(endpoint);

    let spans = Spans::make(&destination, limits()).await;
    let (counts, log) = spans.end(flush).await;

    assert_eq!((counts.exported, counts.rejected), (0, MADE));
    assert_eq!(log.matches("too many\u{fffd}").count(), 1, "{log}");
}

/// Refuses three spans of ten.
struct Picky {
    /// Says that it refuses more than it gets.
    exaggerates: bool,
}

#[tonic::async_trait]
impl TraceService for Picky {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let batches = request.into_inner().resource_spans;
        let scopes = batches.iter().flat_map(|batch| &batch.scope_spans);
        let spans: usize = scopes.map(|scope| scope.spans.len()).sum();
        Ok(Response::new(ExportTraceServiceResponse {
            partial_success: Some(ExportTracePartialSuccess {
                rejected_spans: match self.exaggerates {
                    true => 1_000_000,
                    false => spans as i64 * 3 / 10,
                },
                error_message: "too many\u{1b}".to_owned(),
            }),
        }))
    }
}
