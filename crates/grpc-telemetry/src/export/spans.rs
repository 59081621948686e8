//! The queue of ended spans, as a processor of the SDK.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};
use prost::bytes::Bytes;
use tokio::runtime::Handle;

use super::BuildError;
use super::account::Account;
use super::destination::Destination;
use super::encode::{EncodedResource, EncodedSpan, Encoder, request};
use super::queue::{BatchLimits, FLUSH_LIMIT, Queue, limited};
use super::reporter::Reporter;
use super::sender::Sender;
use crate::environment::Environment;

/// Ended spans in flight to a collector.
#[derive(Debug)]
pub(crate) enum SpanQueue {
    /// To an exporter of the SDK's kind.
    Objects(Queue<SpanData>),
    /// By OTLP.
    Encoded(Encoded),
}

/// Spans that are written as they end, where all that they hold is at hand, and freed by the
/// thread that made them.
#[derive(Debug)]
pub(crate) struct Encoded {
    queue: Queue<EncodedSpan>,
    encoder: Encoder,
    sender: Arc<Sender>,
}

impl SpanQueue {
    /// A queue that leads to `exporter`, which works on `runtime`.
    pub(crate) fn of_objects(
        exporter: impl SpanExporter + 'static,
        limits: BatchLimits,
        account: Arc<Account>,
        runtime: &Handle,
    ) -> Self {
        let exporter = Arc::new(exporter);
        let export = move |batch| {
            let exporter = Arc::clone(&exporter);
            async move { limited(limits.export_limit, exporter.export(batch)).await }
        };
        Self::Objects(Queue::start(export, limits, account, runtime))
    }

    /// A queue that leads to `destination` by OTLP. Nothing is connected yet.
    pub(crate) fn of_otlp(
        destination: &Destination,
        environment: &Environment,
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
        Ok(Self::Encoded(Encoded {
            queue: Queue::start(export, limits, account, runtime),
            encoder: Encoder {
                value_length: environment.value_length_limit(),
            },
            sender,
        }))
    }

    /// The account of what becomes of it all.
    pub(crate) fn account(&self) -> &Account {
        match self {
            Self::Objects(queue) => queue.account(),
            Self::Encoded(it) => it.queue.account(),
        }
    }

    /// Takes a span that is on the account already.
    pub(crate) fn enqueue(&self, span: SpanData) {
        match self {
            Self::Objects(queue) => queue.enqueue(span),
            Self::Encoded(it) => it.queue.enqueue(it.encoder.span(span)),
        }
    }

    fn flush(&self, limit: Duration) -> OTelSdkResult {
        match self {
            Self::Objects(queue) => queue.flush(limit),
            Self::Encoded(it) => it.queue.flush(limit),
        }
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
        if let Self::Encoded(it) = self {
            it.sender.stop();
        }
        self.flush(timeout)
    }
}
