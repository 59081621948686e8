//! What became of each span is known, whatever the endpoint does.

#![expect(
    clippy::unwrap_used,
    reason = "a test reports its failures by panicking"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;
use tonic::{Request, Response, Status};
use tracing_subscriber::layer::SubscriberExt;

use super::*;
use crate::environment::{Environment, OtlpProtocol};
use crate::receiver::Receiver;

const SPANS: u64 = 1_000;

fn limits() -> BatchLimits {
    BatchLimits {
        queue_size: SPANS as usize,
        batch_size: 100,
        delay: Duration::from_secs(5),
        export_limit: Duration::from_millis(200),
        exports: 2,
    }
}

/// Ends many spans, flushes, and answers what became of them.
async fn export_to(endpoint: String, limits: BatchLimits) -> SpanCounts {
    let account = Arc::<SpanAccount>::default();
    let refused = PartialSuccessLayer::new(Arc::clone(&account));
    let _logs = tracing::subscriber::set_default(tracing_subscriber::registry().with(refused));
    let environment = Environment::default();
    let exporter =
        ReportingExporter::build(&environment, OtlpProtocol::Grpc, Some(endpoint), false).unwrap();
    let queue = QueueProcessor::start(exporter, limits, Arc::clone(&account), &Handle::current());
    let provider = SdkTracerProvider::builder()
        .with_span_processor(queue)
        .build();
    let tracer = provider.tracer("test");
    for _ in 0..SPANS {
        drop(tracer.start("span"));
        // The worker has this thread too.
        tokio::task::yield_now().await;
    }
    drop(tracer);
    // The last of the provider waits for the worker, which needs this thread.
    let flush = tokio::task::spawn_blocking(move || provider.force_flush());
    let _ = flush.await.unwrap();
    let counts = account.counts();
    assert_eq!(counts.ended, SPANS);
    assert_eq!(counts.pending(), 0, "{counts:?}");
    counts
}

/// A server that does `answer` to each connection.
async fn server<F: Future<Output = ()> + Send + 'static>(
    answer: impl Fn(TcpStream) -> F + Send + 'static,
) -> (String, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let serve = async move {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(answer(stream));
        }
    };
    (endpoint, AbortOnDropHandle::new(tokio::spawn(serve)))
}

#[tokio::test]
async fn an_endpoint_that_takes_everything_has_everything() {
    let address: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let receiver = Receiver::bind(address).await.unwrap();

    let counts = export_to(receiver.endpoint(), limits()).await;

    assert_eq!(counts.exported, SPANS);
    assert_eq!(receiver.spans().len() as u64, SPANS);
}

#[tokio::test]
async fn what_an_endpoint_refuses_was_not_exported() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = tonic::service::Routes::new(TraceServiceServer::new(Picky)).into_axum_router();
    let _server =
        AbortOnDropHandle::new(tokio::spawn(
            async move { axum::serve(listener, router).await },
        ));

    let counts = export_to(endpoint, limits()).await;

    assert_eq!(
        (counts.exported, counts.rejected),
        (SPANS * 7 / 10, SPANS * 3 / 10)
    );
}

/// Refuses three spans of ten.
struct Picky;

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
                rejected_spans: spans as i64 * 3 / 10,
                error_message: "too many".to_owned(),
            }),
        }))
    }
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_costs_all_spans_and_hides_none() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);

    let counts = export_to(endpoint, limits()).await;

    assert_eq!(counts.export_failed, SPANS);
}

#[tokio::test]
async fn an_endpoint_that_answers_garbage_costs_all_spans_and_hides_none() {
    let (endpoint, _server) = server(|mut stream| async move {
        let _ = stream.write_all(&[0xff; 1024]).await;
    })
    .await;

    let counts = export_to(endpoint, limits()).await;

    assert_eq!(counts.export_failed, SPANS);
}

#[tokio::test]
async fn behind_an_endpoint_that_hangs_the_queue_fills_and_the_rest_is_dropped() {
    let (endpoint, _server) = server(|stream| async move {
        let _held = stream;
        std::future::pending().await
    })
    .await;
    let limits = BatchLimits {
        queue_size: 200,
        ..limits()
    };

    let counts = export_to(endpoint, limits).await;

    assert!(counts.queue_full > 0, "{counts:?}");
    assert!(counts.export_failed > 0, "{counts:?}");
    assert_eq!(counts.queue_full + counts.export_failed, SPANS);
}
