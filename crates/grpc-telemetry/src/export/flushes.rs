//! Waits until what has come so far is exported.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Flushes that may wait for one another.
const MAX_FLUSHES: usize = 8;

/// How long a flush may take, in all.
pub(crate) const FLUSH_LIMIT: Duration = Duration::from_secs(3);

/// The flushes that a worker is asked for: where to say that one is done.
pub(crate) type FlushInbox = Receiver<SyncSender<()>>;

/// Asks a worker to flush.
#[derive(Debug)]
pub(crate) struct Flushes(Sender<SyncSender<()>>);

impl Flushes {
    pub(crate) fn new() -> (Self, FlushInbox) {
        let (sender, inbox) = channel(MAX_FLUSHES);
        (Self(sender), inbox)
    }

    /// Returns when the worker has flushed.
    ///
    /// # Errors
    /// When that takes longer than `limit`, or too many wait for it.
    pub(crate) fn flush(&self, limit: Duration) -> OTelSdkResult {
        let (done, is_done) = sync_channel(1);
        let failed = |why: &str| OTelSdkError::InternalFailure(why.to_owned());
        self.0
            .try_send(done)
            .map_err(|_| failed("too many flushes wait"))?;
        is_done
            .recv_timeout(limit)
            .map_err(|_| OTelSdkError::Timeout(limit))
    }
}
