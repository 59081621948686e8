//! A queue of log records that never makes the one who puts something into it wait.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_util::task::AbortOnDropHandle;

use super::account::Account;
use super::flushes::{FlushInbox, Flushes};
use super::limits::{BatchLimits, Exported};
use super::worker;

/// What comes to the worker.
#[derive(Debug)]
pub(super) struct Inbox<T> {
    pub(super) items: Receiver<T>,
    pub(super) flushes: FlushInbox,
}

/// Hands log records to a worker that exports them in batches. What comes
/// faster than that is dropped, and counted.
///
/// The SDK's own batch processors keep the number of what they drop to themselves,
/// and export one batch at a time, which loses records at a load that two keep up with.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    items: Sender<T>,
    flushes: Flushes,
    account: Arc<Account>,
    _worker: AbortOnDropHandle<()>,
}

impl<T: Send + 'static> Queue<T> {
    /// Starts the worker, which sends batches by `export`, on `runtime`; it ends with the queue.
    pub(crate) fn start<F>(
        export: impl Fn(Vec<T>) -> F + Send + Sync + 'static,
        limits: BatchLimits,
        account: Arc<Account>,
        runtime: &Handle,
    ) -> Self
    where
        F: Future<Output = Exported> + Send + 'static,
    {
        let (items, item_inbox) = channel(limits.queue_size);
        let (flushes, flush_inbox) = Flushes::new();
        let inbox = Inbox {
            items: item_inbox,
            flushes: flush_inbox,
        };
        let work = worker::run(export, inbox, limits, Arc::clone(&account));
        Self {
            items,
            flushes,
            account,
            _worker: AbortOnDropHandle::new(runtime.spawn(work)),
        }
    }

    /// The account of what becomes of it all.
    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// Takes what is on the account already.
    pub(crate) fn enqueue(&self, item: T) {
        if self.items.try_send(item).is_err() {
            self.account.drop_for_full_queue(1);
        }
    }

    pub(crate) fn flush(&self, limit: Duration) -> OTelSdkResult {
        self.flushes.flush(limit)
    }
}
