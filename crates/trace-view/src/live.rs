//! Traces as they arrive from any program over OTLP, within limits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use grpc_telemetry::receiver::{ReceivedSpan, Sink, router};
use opentelemetry::TraceId;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tokio::sync::watch;

mod entry;
mod filter;
mod limits;
mod size;
mod summary;
mod traces;

pub use filter::Filter;
pub use limits::{LiveLimits, Totals};
pub use summary::{Listed, Summary};
use traces::Traces;

/// The largest OTLP message that is accepted, in bytes, once it is inflated.
const MAX_MESSAGE_BYTES: usize = 8 * 1024 * 1024;

/// The traces that arrived last. It takes the exports of programs, and is shared with whatever shows them.
#[derive(Debug)]
pub struct Live {
    traces: Mutex<Traces>,
    /// Counts the exports.
    changes: watch::Sender<u64>,
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
    pub fn new(limits: LiveLimits) -> Self {
        Self {
            traces: Mutex::new(Traces::new(limits)),
            changes: watch::Sender::new(0),
        }
    }

    /// OTLP over gRPC and HTTP on one port, for a server of HTTP/1.1 and HTTP/2: spans come here, log
    /// records and metrics are accepted and discarded. A message has at most 8 MiB.
    pub fn otlp(self: &Arc<Self>) -> Router {
        router(Arc::clone(self) as Arc<dyn Sink>, MAX_MESSAGE_BYTES)
    }

    /// The traces, at most `most` of them, that are finished at `now` and were not returned before, or got more spans since: their root is
    /// there, no span is known to be missing, and none came for a second; or none came for 6 seconds; or they
    /// began to arrive `limit` ago.
    pub fn finished(&self, now: Instant, limit: Duration, most: usize) -> Vec<Finished> {
        self.lock().finished(now, limit, most)
    }

    /// Those, at most `most` of them, that [`finished`](Self::finished) has not returned yet.
    pub fn unfinished(&self, most: usize) -> Vec<Finished> {
        self.lock().unfinished(most)
    }

    /// How many [`unfinished`](Self::unfinished) has left.
    pub fn unfinished_count(&self) -> usize {
        self.lock().unfinished_count()
    }

    /// What has arrived and what was dropped since the start.
    pub fn totals(&self) -> Totals {
        self.lock().totals
    }

    /// The traces that match `filter`, at most `most` of them.
    pub fn list(&self, filter: &Filter, most: usize) -> Listed {
        self.lock().list(filter, most)
    }

    /// The spans of a trace that have arrived; none if it is not kept.
    pub fn trace(&self, id: TraceId) -> Option<Vec<ReceivedSpan>> {
        self.lock().spans_of(id).map(<[_]>::to_vec)
    }

    /// How many spans of a trace have arrived.
    pub(crate) fn span_count(&self, id: TraceId) -> u64 {
        let count = self.lock().spans_of(id).map_or(0, <[_]>::len);
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// Changes with each export.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
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
        self.changes.send_modify(|count| *count += 1);
        let partial_success = (refused > 0).then(|| ExportTracePartialSuccess {
            rejected_spans: i64::try_from(refused).unwrap_or(i64::MAX),
            error_message: "spans without valid ids, or of a trace that is too large".to_owned(),
        });
        ExportTraceServiceResponse { partial_success }
    }
}
