//! The queue of log records, as a processor of the SDK.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};
use tokio::runtime::Handle;

use super::encode::{Scoped, request};
use crate::export::{
    Account, BatchLimits, BuildError, Destination, FLUSH_LIMIT, Queue, Reporter, Sender,
};

/// Log records in flight to a collector.
#[derive(Debug)]
pub(crate) struct LogQueue {
    queue: Queue<Scoped>,
    sender: Arc<Sender>,
}

impl LogQueue {
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
        let resource = Arc::new(ResourceAttributesWithSchema::from(resource));
        let of_exports = Arc::clone(&sender);
        let export = move |batch: Vec<Scoped>| {
            let (sender, resource) = (Arc::clone(&of_exports), Arc::clone(&resource));
            async move {
                let request = request(&resource, &batch);
                drop(batch);
                sender.send(request).await
            }
        };
        Ok(Self {
            queue: Queue::start(export, limits, account, runtime),
            sender,
        })
    }
}

impl LogProcessor for LogQueue {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        self.queue.account().begin();
        self.queue.enqueue((record.clone(), scope.clone()));
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.queue.flush(FLUSH_LIMIT)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.sender.stop();
        self.queue.flush(timeout)
    }
}
