//! OTLP over gRPC.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{
    LogsService, LogsServiceServer,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
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
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

use super::Sink;

/// The three services, for `sink`. A message has at most `max_bytes` once it is inflated.
pub(super) fn routes(sink: Arc<dyn Sink>, max_bytes: usize) -> Routes {
    let exports = Arc::new(Exports(sink));
    let spans = TraceServiceServer::from_arc(Arc::clone(&exports))
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(max_bytes);
    let metrics = MetricsServiceServer::from_arc(Arc::clone(&exports))
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(max_bytes);
    let logs = LogsServiceServer::from_arc(exports)
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(max_bytes);
    Routes::new(spans).add_service(metrics).add_service(logs)
}

struct Exports(Arc<dyn Sink>);

#[tonic::async_trait]
impl TraceService for Exports {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        Ok(Response::new(self.0.take_spans(request.into_inner())))
    }
}

#[tonic::async_trait]
impl LogsService for Exports {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        Ok(Response::new(self.0.take_logs(request.into_inner())))
    }
}

#[tonic::async_trait]
impl MetricsService for Exports {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        Ok(Response::new(self.0.take_metrics(request.into_inner())))
    }
}
