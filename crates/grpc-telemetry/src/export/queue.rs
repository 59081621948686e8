//! A queue that never makes the one who puts something into it wait.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_util::task::AbortOnDropHandle;

use super::account::Account;
use super::worker;

/// Flushes that may wait for one another.
const MAX_FLUSHES: usize = 8;

/// How long a flush may take, in all.
pub(crate) const FLUSH_LIMIT: Duration = Duration::from_secs(3);

/// How spans or log records wait and travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchLimits {
    /// How many wait, at most.
    pub(crate) queue_size: usize,
    /// How many there are in one export, at most.
    pub(crate) batch_size: usize,
    /// How long one waits for others, at most.
    pub(crate) delay: Duration,
    /// How long one attempt of an export may take, whatever the exporter's own limits are.
    pub(crate) export_limit: Duration,
    /// Exports in flight, at most.
    pub(crate) exports: usize,
}

/// What comes of an export: how many of its batch the endpoint refused.
pub(crate) type Exported = Result<u64, OTelSdkError>;

/// What comes to the worker.
#[derive(Debug)]
pub(super) struct Inbox<T> {
    pub(super) items: Receiver<T>,
    /// Where to say that a flush is done.
    pub(super) flushes: Receiver<SyncSender<()>>,
}

/// Hands spans or log records to a worker that exports them in batches. What comes
/// faster than that is dropped, and counted.
///
/// The SDK's own batch processors keep the number of what they drop to themselves,
/// and export one batch at a time, which loses spans at a load that two keep up with.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    items: Sender<T>,
    flushes: Sender<SyncSender<()>>,
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
        let (flushes, flush_inbox) = channel(MAX_FLUSHES);
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
            self.account.drop_for_full_queue();
        }
    }

    pub(crate) fn flush(&self, limit: Duration) -> OTelSdkResult {
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
