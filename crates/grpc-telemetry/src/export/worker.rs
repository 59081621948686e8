//! Gathers log records into batches and exports them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

use super::account::Account;
use super::limits::{BatchLimits, Exported};
use super::queue::Inbox;

/// How long the worker sleeps while its queue is empty: adding an item then needs no wake-up,
/// which would cost more than everything else. A queue of the default size has room for 400,000
/// items a second meanwhile.
const REST: Duration = Duration::from_millis(5);

/// Exports what comes in until nothing can come any more.
pub(super) async fn run<T, F>(
    export: impl Fn(Vec<T>) -> F,
    mut inbox: Inbox<T>,
    limits: BatchLimits,
    account: Arc<Account>,
) where
    F: Future<Output = Exported>,
{
    let send = |batch: Vec<T>| async {
        let count = batch.len();
        match export(batch).await {
            Ok(refused) => account.accept(count, refused),
            // The exporter reports why.
            Err(_) => account.fail(count),
        }
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
            received = receive(&mut inbox.items, rested, &mut batch, room), if room > 0 => {
                if received == 0 {
                    return;
                }
                if inbox.items.is_empty() {
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
                flush_all(&mut inbox.items, &mut batch, &mut exports, limits, &send).await;
                // The receiver may have stopped waiting.
                let _ = done.try_send(());
            }
        }
    }
}

/// Exports all that has come so far, and waits until that is done.
async fn flush_all<T, F: Future<Output = ()>>(
    items: &mut Receiver<T>,
    batch: &mut Vec<T>,
    exports: &mut FuturesUnordered<F>,
    limits: BatchLimits,
    send: impl Fn(Vec<T>) -> F,
) {
    // What comes later than this flush isn't its business.
    for _ in 0..items.len() {
        if batch.len() == limits.batch_size {
            wait_for_turn(exports, limits.exports).await;
            exports.push(send(std::mem::take(batch)));
        }
        batch.extend(items.try_recv().ok());
    }
    if !batch.is_empty() {
        wait_for_turn(exports, limits.exports).await;
        exports.push(send(std::mem::take(batch)));
    }
    while exports.next().await.is_some() {}
}

/// Takes up to `room` items once it is `rested`; returns how many. Cancellation safe.
async fn receive<T>(
    items: &mut Receiver<T>,
    rested: Instant,
    batch: &mut Vec<T>,
    room: usize,
) -> usize {
    sleep_until(rested).await;
    items.recv_many(batch, room).await
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
        let (items, item_inbox) = channel(limits.queue_size);
        let (flushes, flush_inbox) = channel(1);
        let inbox = Inbox {
            items: item_inbox,
            flushes: flush_inbox,
        };
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let exporting = Arc::new(Semaphore::new(0));
        let export = {
            let (sizes, exporting) = (Arc::clone(&sizes), Arc::clone(&exporting));
            move |batch: Vec<u32>| {
                sizes.lock().unwrap().push(batch.len());
                let exporting = Arc::clone(&exporting);
                async move {
                    let _turn = exporting.acquire().await;
                    Ok(0)
                }
            }
        };
        let _worker = tokio::spawn(run(export, inbox, limits, Arc::default()));
        for number in 0..300 {
            items.try_send(number).unwrap();
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
