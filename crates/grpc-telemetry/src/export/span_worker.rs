//! Exports batches of spans.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

use super::account::Account;
use super::encode::SpanBatch;
use super::flushes::FlushInbox;
use super::gathering::Gathering;
use super::limits::{BatchLimits, Exported};

/// What comes to the worker.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) full: Receiver<SpanBatch>,
    pub(super) flushes: FlushInbox,
}

/// Exports what is in `gathering`, and what comes from there, until no flush can come any more.
pub(super) async fn run<F>(
    export: impl Fn(SpanBatch) -> F,
    mut inbox: Inbox,
    gathering: Arc<Gathering>,
    limits: BatchLimits,
    account: Arc<Account>,
) where
    F: Future<Output = Exported>,
{
    let send = |batch: SpanBatch| {
        let count = batch.count();
        gathering.left(count);
        let exported = export(batch);
        let account = &account;
        async move { account.settle(count, &exported.await) }
    };
    let mut exports = FuturesUnordered::new();
    let mut ready = VecDeque::new();
    let mut due = Instant::now() + limits.delay;
    loop {
        let may_send = exports.len() < limits.exports;
        if may_send && let Some(batch) = ready.pop_front() {
            exports.push(send(batch));
            continue;
        }
        tokio::select! {
            Some(()) = exports.next() => {}
            Some(batch) = inbox.full.recv() => ready.push_back(batch),
            () = sleep_until(due), if may_send => {
                ready.extend(gathering.take());
                due = Instant::now() + limits.delay;
            }
            flush = inbox.flushes.recv() => {
                let Some(done) = flush else { return };
                // In this order: a batch that becomes full meanwhile comes after.
                ready.extend(gathering.take());
                // What comes later than this flush isn't its business.
                for _ in 0..inbox.full.len() {
                    ready.extend(inbox.full.try_recv().ok());
                }
                flush_all(&mut ready, &mut exports, limits.exports, &send).await;
                // The receiver may have stopped waiting.
                let _ = done.try_send(());
            }
        }
    }
}

/// Exports all batches that are `ready`, `most` of them at a time, and waits until that is done.
async fn flush_all<F: Future<Output = ()>>(
    ready: &mut VecDeque<SpanBatch>,
    exports: &mut FuturesUnordered<F>,
    most: usize,
    send: impl Fn(SpanBatch) -> F,
) {
    for batch in ready.drain(..) {
        while exports.len() >= most {
            exports.next().await;
        }
        exports.push(send(batch));
    }
    while exports.next().await.is_some() {}
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    reason = "a test reports its failures by panicking"
)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use tokio::sync::Semaphore;
    use tokio::time::sleep;
    use tokio_util::task::AbortOnDropHandle;

    use super::*;
    use crate::export::encode::EncodedSpan;
    use crate::export::flushes::Flushes;
    use crate::spans::tests::{Kept, tracer};

    const DELAY: Duration = Duration::from_secs(60);
    /// Long enough for all that has something to do, as the clock of the test is paused.
    const A_WHILE: Duration = Duration::from_secs(1);

    /// A worker whose exports wait for a permit of `exporting`.
    struct Exports {
        gathering: Arc<Gathering>,
        flushes: Flushes,
        /// How many spans each export had.
        sizes: Arc<Mutex<Vec<usize>>>,
        exporting: Arc<Semaphore>,
        account: Arc<Account>,
        _worker: AbortOnDropHandle<()>,
    }

    fn start() -> Exports {
        let limits = BatchLimits {
            queue_size: 300,
            batch_size: 100,
            delay: DELAY,
            export_limit: DELAY,
            exports: 1,
        };
        let (gathering, full) = Gathering::new(limits);
        let gathering = Arc::new(gathering);
        let (flushes, flush_inbox) = Flushes::new();
        let inbox = Inbox {
            full,
            flushes: flush_inbox,
        };
        let sizes = Arc::<Mutex<Vec<usize>>>::default();
        let exporting = Arc::new(Semaphore::new(0));
        let export = {
            let (sizes, exporting) = (Arc::clone(&sizes), Arc::clone(&exporting));
            move |batch: SpanBatch| {
                sizes.lock().unwrap().push(batch.count());
                let exporting = Arc::clone(&exporting);
                async move {
                    let _turn = exporting.acquire().await;
                    Ok(0)
                }
            }
        };
        let account = Arc::<Account>::default();
        let work = run(
            export,
            inbox,
            Arc::clone(&gathering),
            limits,
            Arc::clone(&account),
        );
        Exports {
            gathering,
            flushes,
            sizes,
            exporting,
            account,
            _worker: AbortOnDropHandle::new(tokio::spawn(work)),
        }
    }

    impl Exports {
        fn end(&self, spans: usize) -> usize {
            let span = EncodedSpan::new(tracer(&Kept::default()), Vec::new());
            (0..spans).map(|_| self.gathering.add(&span)).sum()
        }

        fn sizes(&self) -> Vec<usize> {
            self.sizes.lock().unwrap().clone()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_span_waits_for_others_as_long_as_it_may() {
        let exports = start();
        sleep(A_WHILE).await;
        assert_eq!(exports.end(1), 0);
        sleep(DELAY - 2 * A_WHILE).await;
        assert!(exports.sizes().is_empty());

        sleep(2 * A_WHILE).await;

        assert_eq!(exports.sizes(), [1]);
    }

    #[tokio::test(start_paused = true)]
    async fn behind_a_slow_export_the_queue_fills_and_no_batch_is_too_large() {
        let exports = start();
        assert_eq!(exports.end(150), 0);
        sleep(A_WHILE).await;
        // One batch is being exported, so that 50 spans wait.
        assert_eq!(exports.sizes(), [100]);
        assert_eq!(exports.end(300), 50);
        sleep(2 * DELAY).await;
        assert_eq!(exports.sizes(), [100]);

        exports.exporting.add_permits(1);
        let flushes = exports.flushes;
        let flush = tokio::task::spawn_blocking(move || flushes.flush(DELAY));
        flush.await.unwrap().unwrap();

        assert_eq!(*exports.sizes.lock().unwrap(), [100, 100, 100, 100]);
        assert_eq!(exports.account.counts().exported, 400);
    }
}
