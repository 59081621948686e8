//! What was received.

use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::metrics::v1::Metric;
use tokio::sync::watch;

use super::{MAX_LOGS, MAX_SPANS, ReceivedLog, ReceivedSpan, Sink};

#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) spans: Mutex<Vec<ReceivedSpan>>,
    pub(super) logs: Mutex<Vec<ReceivedLog>>,
    /// Of the last export.
    pub(super) metrics: Mutex<Vec<Metric>>,
    pub(super) arrivals: watch::Sender<usize>,
}

/// What was received is valid at any point, so a panic elsewhere spoils nothing.
pub(super) fn lock<T>(received: &Mutex<T>) -> MutexGuard<'_, T> {
    received.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sink for Store {
    fn take_spans(&self, request: ExportTraceServiceRequest) -> ExportTraceServiceResponse {
        let received = ReceivedSpan::of_batches(request.resource_spans);
        let rejected = keep(&mut lock(&self.spans), received, MAX_SPANS);
        self.arrivals.send_modify(|count| *count += 1);
        let partial_success = (rejected > 0).then(|| ExportTracePartialSuccess {
            rejected_spans: rejected,
            error_message: format!("this receiver keeps at most {MAX_SPANS} spans"),
        });
        ExportTraceServiceResponse { partial_success }
    }

    fn take_logs(&self, request: ExportLogsServiceRequest) -> ExportLogsServiceResponse {
        let received = ReceivedLog::of_batches(request.resource_logs);
        let rejected = keep(&mut lock(&self.logs), received, MAX_LOGS);
        let partial_success = (rejected > 0).then(|| ExportLogsPartialSuccess {
            rejected_log_records: rejected,
            error_message: format!("this receiver keeps at most {MAX_LOGS} log records"),
        });
        ExportLogsServiceResponse { partial_success }
    }

    fn take_metrics(&self, request: ExportMetricsServiceRequest) -> ExportMetricsServiceResponse {
        let resources = request.resource_metrics.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_metrics);
        *lock(&self.metrics) = scopes.flat_map(|scope| scope.metrics).collect();
        ExportMetricsServiceResponse::default()
    }
}

/// Keeps what fits and returns how many did not.
fn keep<T>(kept: &mut Vec<T>, mut received: impl Iterator<Item = T>, most: usize) -> i64 {
    let room = most.saturating_sub(kept.len());
    kept.extend(received.by_ref().take(room));
    i64::try_from(received.count()).unwrap_or(i64::MAX)
}
