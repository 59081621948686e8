//! The fate of spans.

use std::sync::Arc;

use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use tracing_subscriber::layer::SubscriberExt;

use super::*;
use crate::environment::Environment;

/// Ends many spans, flushes, and answers what became of them.
pub(super) async fn export_to(endpoint: String, limits: BatchLimits) -> Counts {
    export_by(&Environment::default(), endpoint, limits).await
}

async fn export_by(environment: &Environment, endpoint: String, limits: BatchLimits) -> Counts {
    let accounts = Accounts::default();
    let account = Arc::clone(&accounts.spans);
    let refused = PartialSuccessLayer::new(accounts);
    let _logs = subscribe(tracing_subscriber::registry().with(refused));
    let destination = Destination::of(environment, Signal::Traces, false).at(endpoint);
    let queue = SpanQueue::of_otlp(
        &destination,
        environment,
        &Resource::builder_empty().build(),
        limits,
        Arc::clone(&account),
        &Handle::current(),
    );
    let provider = SdkTracerProvider::builder()
        .with_span_processor(queue.unwrap())
        .build();
    let tracer = provider.tracer("test");
    for _ in 0..MADE {
        drop(tracer.start("span"));
        // The worker has this thread too.
        tokio::task::yield_now().await;
    }
    drop(tracer);
    // The last of the provider waits for the worker, which needs this thread.
    let flush = tokio::task::spawn_blocking(move || provider.force_flush());
    let _ = flush.await.unwrap();
    let counts = account.counts();
    assert_eq!(counts.begun, MADE);
    assert_eq!(counts.pending(), 0, "{counts:?}");
    counts
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
async fn what_an_endpoint_refuses_was_not_exported() {
    let (endpoint, _server) = served(Routes::new(TraceServiceServer::new(Picky))).await;

    let counts = export_to(endpoint, limits()).await;

    assert_eq!(
        (counts.exported, counts.rejected),
        (MADE * 7 / 10, MADE * 3 / 10)
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
