//! The queue of ended spans.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use prost::bytes::Bytes;
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;

use super::BuildError;
use super::account::Account;
use super::console::ConsoleExporter;
use super::destination::Destination;
use super::encode::{EncodedResource, EncodedSpan, SpanBatch};
use super::flushes::Flushes;
use super::gathering::Gathering;
use super::limits::{BatchLimits, Exported};
use super::reporter::Reporter;
use super::sender::Sender;
use super::span_worker::{self, Inbox};
use crate::spans::{EndedSpan, Processor};

/// Ended spans, queued for a worker that exports them in batches. What comes faster than that
/// is dropped, and counted.
///
/// The SDK's own batch processors keep the number of what they drop to themselves,
/// and export one batch at a time, which loses spans at a load that two keep up with.
#[derive(Debug)]
pub(crate) struct SpanQueue {
    gathering: Arc<Gathering>,
    flushes: Flushes,
    account: Arc<Account>,
    /// Of spans that go by OTLP.
    sender: Option<Arc<Sender>>,
    _worker: AbortOnDropHandle<()>,
}

impl SpanQueue {
    /// Starts the worker, which sends batches by `export`, on `runtime`; it ends with the queue.
    fn start<F>(
        export: impl Fn(SpanBatch) -> F + Send + Sync + 'static,
        sender: Option<Arc<Sender>>,
        limits: BatchLimits,
        account: Arc<Account>,
        runtime: &Handle,
    ) -> Self
    where
        F: Future<Output = Exported> + Send + 'static,
    {
        let (gathering, full) = Gathering::new(limits);
        let gathering = Arc::new(gathering);
        let (flushes, flush_inbox) = Flushes::new();
        let inbox = Inbox {
            full,
            flushes: flush_inbox,
        };
        let accounts = Arc::clone(&account);
        let work = span_worker::run(export, inbox, Arc::clone(&gathering), limits, accounts);
        Self {
            gathering,
            flushes,
            account,
            sender,
            _worker: AbortOnDropHandle::new(runtime.spawn(work)),
        }
    }

    /// A queue that leads to `console`, which works on `runtime`.
    pub(crate) fn of_console(
        console: ConsoleExporter,
        limits: BatchLimits,
        account: Arc<Account>,
        runtime: &Handle,
    ) -> Self {
        let export = move |batch: SpanBatch| std::future::ready(console.export(&batch));
        Self::start(export, None, limits, account, runtime)
    }

    /// A queue that leads to `destination` by OTLP. Nothing is connected yet.
    pub(crate) fn of_otlp(
        destination: &Destination,
        resource: &Resource,
        limits: BatchLimits,
        account: Arc<Account>,
        runtime: &Handle,
    ) -> Result<Self, BuildError> {
        let destination = destination.limited_to(limits.export_limit);
        let sender = Sender::start(&destination, Reporter::new(&destination), runtime)?;
        let resource = EncodedResource::new(resource);
        let of_exports = Arc::clone(&sender);
        let export = move |batch: SpanBatch| {
            let request = Bytes::from(batch.request(&resource));
            let sender = Arc::clone(&of_exports);
            async move { sender.send(request).await }
        };
        Ok(Self::start(export, Some(sender), limits, account, runtime))
    }

    /// The account of what becomes of it all.
    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// Takes a span that is on the account already.
    pub(crate) fn enqueue(&self, span: &EncodedSpan) {
        let lost = self.gathering.add(span);
        if lost > 0 {
            self.account.drop_for_full_queue(lost);
        }
    }
}

impl Processor for SpanQueue {
    fn take(&self, span: EndedSpan) {
        self.account().begin();
        self.enqueue(&span.encoded);
    }

    fn flush(&self, limit: Duration) -> OTelSdkResult {
        self.flushes.flush(limit)
    }

    fn stop(&self, limit: Duration) -> OTelSdkResult {
        if let Some(sender) = &self.sender {
            sender.stop();
        }
        self.flushes.flush(limit)
    }
}
