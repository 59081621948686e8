//! The queue of log records, as a processor of the SDK.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, channel};
use tokio_util::task::AbortOnDropHandle;

use super::encode::{Scoped, request};
use super::worker::{self, Inbox};
use crate::export::{
    Account, BatchLimits, BuildError, Destination, FLUSH_LIMIT, Flushes, Reporter, Sender,
};

/// Log records, queued for a worker that exports them in batches. What comes faster than that
/// is dropped, and counted.
///
/// The SDK's own batch processors keep the number of what they drop to themselves,
/// and export one batch at a time, which loses records at a load that two keep up with.
#[derive(Debug)]
pub(crate) struct LogQueue {
    records: mpsc::Sender<Scoped>,
    flushes: Flushes,
    account: Arc<Account>,
    sender: Arc<Sender>,
    _worker: AbortOnDropHandle<()>,
}

impl LogQueue {
    /// A queue that leads to `destination` by OTLP; its worker is on `runtime`, and ends with it.
    /// Nothing is connected yet.
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
        let (records, record_inbox) = channel(limits.queue_size);
        let (flushes, flush_inbox) = Flushes::new();
        let inbox = Inbox {
            records: record_inbox,
            flushes: flush_inbox,
        };
        let work = worker::run(export, inbox, limits, Arc::clone(&account));
        Ok(Self {
            records,
            flushes,
            account,
            sender,
            _worker: AbortOnDropHandle::new(runtime.spawn(work)),
        })
    }
}

impl LogProcessor for LogQueue {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        self.account.begin();
        let record = (record.clone(), scope.clone());
        if self.records.try_send(record).is_err() {
            self.account.drop_for_full_queue(1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.flushes.flush(FLUSH_LIMIT)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.sender.stop();
        self.flushes.flush(timeout)
    }
}
