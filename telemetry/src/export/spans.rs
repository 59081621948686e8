//! The queue of ended spans, as a processor of the SDK.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};
use tokio::runtime::Handle;

use super::account::Account;
use super::queue::{BatchLimits, FLUSH_LIMIT, Queue};

/// Ended spans on their way out.
pub(crate) type SpanQueue = Queue<SpanData>;

impl SpanQueue {
    /// A queue that leads to `exporter`, which works on `runtime`.
    pub(crate) fn of_spans(
        exporter: impl SpanExporter + 'static,
        limits: BatchLimits,
        account: Arc<Account>,
        runtime: &Handle,
    ) -> Self {
        let exporter = Arc::new(exporter);
        let export = move |batch| {
            let exporter = Arc::clone(&exporter);
            async move { exporter.export(batch).await }
        };
        Self::start(export, limits, account, runtime)
    }
}

impl SpanProcessor for SpanQueue {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.account().begin();
        self.enqueue(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.flush(FLUSH_LIMIT)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.flush(timeout)
    }
}
