//! Traces as they arrive from any program over OTLP, within limits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use grpc_telemetry::receiver::{ReceivedSpan, Sink, router};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};

mod entry;
mod filter;
mod limits;
mod size;
mod traces;

pub use filter::Filter;
pub use limits::{Limits, Totals};
use traces::Traces;

/// The largest OTLP message that is accepted, in bytes, once it is inflated.
const MAX_MESSAGE_BYTES: usize = 8 * 1024 * 1024;

/// The traces that arrived last. It takes the exports of programs, and is shared with whatever shows them.
#[derive(Debug)]
pub struct Live {
    traces: Mutex<Traces>,
}

/// A trace that is to be drawn.
#[derive(Clone, Debug)]
pub struct Finished {
    /// All of its spans that arrived.
    pub spans: Vec<ReceivedSpan>,
    /// How many of them arrived after it was finished before; 0 for the first time.
    pub late: usize,
}

impl Live {
    /// Without traces yet. It keeps as many as fit into `limits`: those whose last span is the oldest are
    /// dropped for new ones.
    pub fn new(limits: Limits) -> Self {
        Self {
            traces: Mutex::new(Traces::new(limits)),
        }
    }

    /// OTLP over gRPC and HTTP on one port, for a server of HTTP/1.1 and HTTP/2: spans come here, log
    /// records and metrics are accepted and discarded. A message has at most 8 MiB.
    pub fn otlp(self: &Arc<Self>) -> Router {
        router(Arc::clone(self) as Arc<dyn Sink>, MAX_MESSAGE_BYTES)
    }

    /// The traces that are finished at `now` and were not returned before, or got more spans since: their root is
    /// there, no span is known to be missing, and none came for a second; or none came for 6 seconds; or they
    /// began to arrive `limit` ago.
    pub fn finished(&self, now: Instant, limit: Duration) -> Vec<Finished> {
        self.lock().finished(now, limit)
    }

    /// All that [`finished`](Self::finished) has not returned yet.
    pub fn unfinished(&self) -> Vec<Finished> {
        self.lock().unfinished()
    }

    /// What has arrived and what was dropped since the start.
    pub fn totals(&self) -> Totals {
        self.lock().totals
    }

    /// What is kept is valid at any point, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Traces> {
        self.traces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Live {
    fn take_spans(&self, request: ExportTraceServiceRequest) -> ExportTraceServiceResponse {
        let spans = ReceivedSpan::of_batches(request.resource_spans);
        let refused = self.lock().add(spans, Instant::now());
        let partial_success = (refused > 0).then(|| ExportTracePartialSuccess {
            rejected_spans: i64::try_from(refused).unwrap_or(i64::MAX),
            error_message: "spans without valid ids, or of a trace that is too large".to_owned(),
        });
        ExportTraceServiceResponse { partial_success }
    }
}
