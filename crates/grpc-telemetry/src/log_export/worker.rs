//! Gathers log records into batches and exports them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

use super::encode::Scoped;
use crate::export::{Account, BatchLimits, Exported, FlushInbox};

/// How long the worker sleeps while its queue is empty: adding a record then needs no wake-up,
/// which would cost more than everything else. A queue of the default size has room for 400,000
/// records a second meanwhile.
const REST: Duration = Duration::from_millis(5);

/// What comes to the worker.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) records: Receiver<Scoped>,
    pub(super) flushes: FlushInbox,
}

/// Exports what comes in until nothing can come any more.
pub(super) async fn run<F>(
    export: impl Fn(Vec<Scoped>) -> F,
    mut inbox: Inbox,
    limits: BatchLimits,
    account: Arc<Account>,
) where
    F: Future<Output = Exported>,
{
    let send = |batch: Vec<Scoped>| async {
        let count = batch.len();
        account.settle(count, &export(batch).await);
    };
    let mut exports = FuturesUnordered::new();
    let mut batch = Vec::with_capacity(limits.batch_size);
    let mut due = Instant::now();
    let mut rested = due;
    loop {
        let room = limits.batch_size - batch.len();
        let may_send = exports.len() < limits.exports;
        if may_send && room == 0 {
            exports.push(send(std::mem::take(&mut batch)));
            continue;
        }
        tokio::select! {
            Some(()) = exports.next() => {}
            received = receive(&mut inbox.records, rested, &mut batch, room), if room > 0 => {
                if received == 0 {
                    return;
                }
                if inbox.records.is_empty() {
                    rested = Instant::now() + REST;
                }
                if received == batch.len() {
                    due = Instant::now() + limits.delay;
                }
            }
            () = sleep_until(due), if may_send && !batch.is_empty() => {
                exports.push(send(std::mem::take(&mut batch)));
            }
            flush = inbox.flushes.recv() => {
                let Some(done) = flush else { return };
                flush_all(&mut inbox.records, &mut batch, &mut exports, limits, &send).await;
                // The receiver may have stopped waiting.
                let _ = done.try_send(());
            }
        }
    }
}

/// Exports all that has come so far, and waits until that is done.
async fn flush_all<F: Future<Output = ()>>(
    records: &mut Receiver<Scoped>,
    batch: &mut Vec<Scoped>,
    exports: &mut FuturesUnordered<F>,
    limits: BatchLimits,
    send: impl Fn(Vec<Scoped>) -> F,
) {
    // What comes later than this flush isn't its business.
    for _ in 0..records.len() {
        if batch.len() == limits.batch_size {
            wait_for_turn(exports, limits.exports).await;
            exports.push(send(std::mem::take(batch)));
        }
        batch.extend(records.try_recv().ok());
    }
    if !batch.is_empty() {
        wait_for_turn(exports, limits.exports).await;
        exports.push(send(std::mem::take(batch)));
    }
    while exports.next().await.is_some() {}
}

/// Takes up to `room` records once it is `rested`; returns how many. Cancellation safe.
async fn receive(
    records: &mut Receiver<Scoped>,
    rested: Instant,
    batch: &mut Vec<Scoped>,
    room: usize,
) -> usize {
    sleep_until(rested).await;
    records.recv_many(batch, room).await
}

async fn wait_for_turn<F: Future<Output = ()>>(exports: &mut FuturesUnordered<F>, most: usize) {
    while exports.len() >= most {
        exports.next().await;
    }
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    reason = "a test reports its failures by panicking"
)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::sync_channel;

    use opentelemetry::InstrumentationScope;
    use opentelemetry::logs::{Logger, LoggerProvider};
    use opentelemetry_sdk::logs::SdkLoggerProvider;
    use tokio::sync::Semaphore;
    use tokio::sync::mpsc::channel;
    use tokio::time::sleep;

    use super::*;

    /// Long enough for all that has something to do, as the clock of the test is paused.
    const A_WHILE: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_flush_behind_a_slow_export_makes_no_batch_too_large() {
        let limits = BatchLimits {
            queue_size: 300,
            batch_size: 100,
            delay: A_WHILE * 60,
            export_limit: A_WHILE * 60,
            exports: 1,
        };
        let (records, record_inbox) = channel(limits.queue_size);
        let (flushes, flush_inbox) = channel(1);
        let inbox = Inbox {
            records: record_inbox,
            flushes: flush_inbox,
        };
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let exporting = Arc::new(Semaphore::new(0));
        let export = {
            let (sizes, exporting) = (Arc::clone(&sizes), Arc::clone(&exporting));
            move |batch: Vec<Scoped>| {
                sizes.lock().unwrap().push(batch.len());
                let exporting = Arc::clone(&exporting);
                async move {
                    let _turn = exporting.acquire().await;
                    Ok(0)
                }
            }
        };
        let _worker = tokio::spawn(run(export, inbox, limits, Arc::default()));
        let logger = SdkLoggerProvider::builder().build().logger("test");
        for _ in 0..300 {
            let record = (logger.create_log_record(), InstrumentationScope::default());
            records.try_send(record).unwrap();
        }
        sleep(A_WHILE).await;
        let (done, is_done) = sync_channel(1);
        flushes.try_send(done).unwrap();
        sleep(A_WHILE).await;
        exporting.add_permits(1);
        sleep(A_WHILE).await;

        is_done.try_recv().unwrap();
        assert_eq!(*sizes.lock().unwrap(), [100, 100, 100]);
    }
}
