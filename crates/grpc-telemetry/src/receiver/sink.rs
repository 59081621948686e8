//! What takes the exports of programs.

use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};

/// Takes what programs export. A response with a partial success says what was refused, and an
/// exporter sends none of it again.
pub trait Sink: Send + Sync + 'static {
    /// Takes spans.
    fn take_spans(&self, request: ExportTraceServiceRequest) -> ExportTraceServiceResponse;

    /// Takes log records; without an implementation they are discarded.
    fn take_logs(&self, _: ExportLogsServiceRequest) -> ExportLogsServiceResponse {
        ExportLogsServiceResponse::default()
    }

    /// Takes metrics; without an implementation they are discarded.
    fn take_metrics(&self, _: ExportMetricsServiceRequest) -> ExportMetricsServiceResponse {
        ExportMetricsServiceResponse::default()
    }
}
