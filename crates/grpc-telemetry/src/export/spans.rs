//! The queue of ended spans.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use prost::bytes::Bytes;
use tokio::runtime::Handle;

use super::BuildError;
use super::account::Account;
use super::console::ConsoleExporter;
use super::destination::Destination;
use super::encode::{EncodedResource, EncodedSpan, request};
use super::queue::{BatchLimits, Queue};
use super::reporter::Reporter;
use super::sender::Sender;
use crate::spans::{EndedSpan, Processor};

/// Ended spans that are queued for their export.
#[derive(Debug)]
pub(crate) struct SpanQueue {
    queue: Queue<EncodedSpan>,
    /// Of spans that go by OTLP.
    sender: Option<Arc<Sender>>,
}

impl SpanQueue {
    /// A queue that leads to `console`, which works on `runtime`.
    pub(crate) fn of_console(
        console: ConsoleExporter,
        limits: BatchLimits,
        account: Arc<Account>,
        runtime: &Handle,
    ) -> Self {
        let export = move |batch: Vec<EncodedSpan>| std::future::ready(console.export(&batch));
        Self {
            queue: Queue::start(export, limits, account, runtime),
            sender: None,
        }
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
        let resource = Arc::new(EncodedResource::new(resource));
        let of_exports = Arc::clone(&sender);
        let export = move |batch: Vec<EncodedSpan>| {
            let (sender, resource) = (Arc::clone(&of_exports), Arc::clone(&resource));
            async move {
                let request = Bytes::from(request(&resource, &batch));
                drop(batch);
                sender.send(request).await
            }
        };
        Ok(Self {
            queue: Queue::start(export, limits, account, runtime),
            sender: Some(sender),
        })
    }

    /// The account of what becomes of it all.
    pub(crate) fn account(&self) -> &Account {
        self.queue.account()
    }

    /// Takes a span that is on the account already.
    pub(crate) fn enqueue(&self, span: EncodedSpan) {
        self.queue.enqueue(span);
    }
}

impl Processor for SpanQueue {
    fn take(&self, span: EndedSpan) {
        self.account().begin();
        self.enqueue(span.encoded);
    }

    fn flush(&self, limit: Duration) -> OTelSdkResult {
        self.queue.flush(limit)
    }

    fn stop(&self, limit: Duration) -> OTelSdkResult {
        if let Some(sender) = &self.sender {
            sender.stop();
        }
        self.queue.flush(limit)
    }
}
