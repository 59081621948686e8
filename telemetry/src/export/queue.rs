//! A span processor that never makes the one who ends a span wait.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_util::task::AbortOnDropHandle;

use super::account::SpanAccount;
use super::worker;

/// Flushes that may wait for one another.
const MAX_FLUSHES: usize = 8;

/// How long a flush waits when its caller doesn't say.
const FLUSH_LIMIT: Duration = Duration::from_secs(3);

/// How spans wait and travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchLimits {
    /// Spans that wait, at most.
    pub(crate) queue_size: usize,
    /// Spans of one export, at most.
    pub(crate) batch_size: usize,
    /// How long a span waits for others, at most.
    pub(crate) delay: Duration,
    /// How long an export may take, whatever the exporter's own limits are.
    pub(crate) export_limit: Duration,
    /// Exports in flight, at most.
    pub(crate) exports: usize,
}

/// What comes to the worker.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) spans: Receiver<SpanData>,
    /// Where to say that a flush is done.
    pub(super) flushes: Receiver<SyncSender<()>>,
}

/// Hands ended spans to a worker that exports them in batches. What comes faster
/// than that is dropped, and counted.
///
/// The SDK's own batch processor keeps the number of spans that it drops to
/// itself, and exports one batch at a time, which loses spans at a load that two
/// keep up with.
#[derive(Debug)]
pub(crate) struct QueueProcessor {
    spans: Sender<SpanData>,
    flushes: Sender<SyncSender<()>>,
    account: Arc<SpanAccount>,
    _worker: AbortOnDropHandle<()>,
}

impl QueueProcessor {
    /// Starts the worker on `runtime`; it ends with the processor.
    pub(crate) fn start(
        exporter: impl SpanExporter + 'static,
        limits: BatchLimits,
        account: Arc<SpanAccount>,
        runtime: &Handle,
    ) -> Self {
        let (spans, span_inbox) = channel(limits.queue_size);
        let (flushes, flush_inbox) = channel(MAX_FLUSHES);
        let inbox = Inbox {
            spans: span_inbox,
            flushes: flush_inbox,
        };
        let work = worker::run(exporter, inbox, limits, Arc::clone(&account));
        Self {
            spans,
            flushes,
            account,
            _worker: AbortOnDropHandle::new(runtime.spawn(work)),
        }
    }

    /// The account of what becomes of the spans.
    pub(crate) fn account(&self) -> &SpanAccount {
        &self.account
    }

    /// Takes a span that is on the account already.
    pub(crate) fn enqueue(&self, span: SpanData) {
        if self.spans.try_send(span).is_err() {
            self.account.drop_for_full_queue();
        }
    }

    fn flush(&self, limit: Duration) -> OTelSdkResult {
        let (done, is_done) = sync_channel(1);
        let failed = |why: &str| OTelSdkError::InternalFailure(why.to_owned());
        self.flushes
            .try_send(done)
            .map_err(|_| failed("too many flushes wait"))?;
        is_done
            .recv_timeout(limit)
            .map_err(|_| OTelSdkError::Timeout(limit))
    }
}

impl SpanProcessor for QueueProcessor {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.account.end();
        self.enqueue(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.flush(FLUSH_LIMIT)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.flush(timeout)
    }
}
