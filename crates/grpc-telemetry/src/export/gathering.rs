//! Batches of spans that have ended, each filled by one thread.
//!
//! A span is copied into the batch of its thread, whose end the caches have, and its own memory is
//! free again at once. In a queue of single spans each is elsewhere in memory, is written by
//! one thread and freed by another, and costs both of them a step that the other one waits for.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::encode::{EncodedSpan, SpanBatch};
use super::limits::BatchLimits;

/// Where spans wait until there are enough of them for an export, or for long enough.
#[derive(Debug)]
pub(super) struct Gathering {
    /// One for each core. Threads that share one wait for the copy of a span at most.
    batches: Box<[Place]>,
    /// How many spans wait, in `batches` and with the worker.
    waiting: AtomicUsize,
    queue_size: usize,
    batch_size: usize,
    full: Sender<SpanBatch>,
}

/// In a cache line that no other thread writes to.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Place(Mutex<SpanBatch>);

impl Place {
    fn lock(&self) -> MutexGuard<'_, SpanBatch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gathering {
    /// An empty one, and what receives batches as they become full.
    pub(super) fn new(limits: BatchLimits) -> (Self, Receiver<SpanBatch>) {
        let cores = available_parallelism().map_or(1, usize::from);
        let batch_size = limits.batch_size.min(limits.queue_size);
        // There are never more of them, as each has as many spans, and all of those wait.
        let (full, inbox) = channel(limits.queue_size / batch_size);
        let gathering = Self {
            batches: (0..cores).map(|_| Place::default()).collect(),
            waiting: AtomicUsize::new(0),
            queue_size: limits.queue_size,
            batch_size,
            full,
        };
        (gathering, inbox)
    }

    /// Adds `span`; returns how many spans are lost: this one if too many wait, or all of a batch
    /// that the worker no longer receives.
    pub(super) fn add(&self, span: &EncodedSpan) -> usize {
        if self.waiting.fetch_add(1, Relaxed) >= self.queue_size {
            self.left(1);
            return 1;
        }
        let mut batch = self.batches[place() % self.batches.len()].lock();
        batch.add(span);
        if batch.count() < self.batch_size {
            return 0;
        }
        // Under the lock: a flush must find it in one place or the other.
        match self.full.try_send(batch.take()) {
            Ok(()) => 0,
            Err(lost) => lost.into_inner().count(),
        }
    }

    /// Takes what waits in batches that aren't full, in as few batches as it fits into.
    pub(super) fn take(&self) -> Vec<SpanBatch> {
        let mut taken: Vec<SpanBatch> = Vec::new();
        for place in &self.batches {
            let batch = place.lock().take();
            match taken.last_mut() {
                Some(last) if last.count() + batch.count() <= self.batch_size => last.append(batch),
                _ => taken.push(batch),
            }
        }
        taken.retain(|batch| batch.count() > 0);
        taken
    }

    /// So many spans don't wait any more.
    pub(super) fn left(&self, count: usize) {
        self.waiting.fetch_sub(count, Relaxed);
    }
}

/// The number of this thread among those that end spans.
fn place() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static PLACE: usize = NEXT.fetch_add(1, Relaxed);
    }
    // A thread that ends has lost its own.
    PLACE.try_with(|place| *place).unwrap_or(0)
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    reason = "a test reports its failures by panicking"
)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::spans::Tracer;
    use crate::spans::tests::{Kept, tracer};

    fn gathering(queue_size: usize, batch_size: usize) -> (Gathering, Receiver<SpanBatch>) {
        Gathering::new(BatchLimits {
            queue_size,
            batch_size,
            delay: Duration::MAX,
            export_limit: Duration::MAX,
            exports: 1,
        })
    }

    fn span(tracer: &Tracer) -> EncodedSpan {
        EncodedSpan::new(tracer.clone(), Vec::new())
    }

    #[test]
    fn a_full_batch_leaves_at_once_and_the_rest_when_it_is_taken() {
        let (gathering, mut full) = gathering(100, 3);
        let span = span(&tracer(&Kept::default()));

        let lost: usize = (0..8).map(|_| gathering.add(&span)).sum();

        assert_eq!(lost, 0);
        for _ in 0..2 {
            assert_eq!(full.try_recv().unwrap().count(), 3);
        }
        assert!(full.try_recv().is_err());
        let rest = gathering.take();
        assert_eq!(rest.iter().map(SpanBatch::count).collect::<Vec<_>>(), [2]);
        assert!(gathering.take().is_empty());
    }

    #[test]
    fn what_is_beyond_the_queue_is_lost_until_others_leave() {
        let (gathering, mut full) = gathering(4, 3);
        let span = span(&tracer(&Kept::default()));

        let lost: usize = (0..7).map(|_| gathering.add(&span)).sum();
        assert_eq!(lost, 3);

        gathering.left(full.try_recv().unwrap().count());
        let lost: usize = (0..4).map(|_| gathering.add(&span)).sum();
        assert_eq!(lost, 1);
    }

    #[test]
    fn spans_of_a_thread_are_in_one_batch() {
        let (gathering, _full) = gathering(1_000, 500);
        let span = span(&tracer(&Kept::default()));
        let counts = || gathering.batches.iter().map(|place| place.lock().count());

        for spans in 1..10 {
            let before: Vec<usize> = counts().collect();
            std::thread::scope(|scope| {
                scope.spawn(|| (0..spans).for_each(|_| assert_eq!(gathering.add(&span), 0)));
            });
            let added = before
                .iter()
                .zip(counts())
                .map(|(before, now)| now - before);
            let added: Vec<usize> = added.filter(|added| *added > 0).collect();
            assert_eq!(added, [spans]);
        }
    }

    #[test]
    fn spans_of_many_threads_are_all_there_and_no_batch_is_too_large() {
        let (gathering, mut full) = gathering(10_000, 7);
        let span = span(&tracer(&Kept::default()));

        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..250).for_each(|_| assert_eq!(gathering.add(&span), 0)));
            }
        });

        let mut batches = gathering.take();
        batches.extend(std::iter::from_fn(|| full.try_recv().ok()));
        assert!(batches.iter().all(|batch| batch.count() <= 7));
        let spans: usize = batches.iter().map(|it| it.decode().unwrap().len()).sum();
        assert_eq!(spans, 1_000);
    }
}
