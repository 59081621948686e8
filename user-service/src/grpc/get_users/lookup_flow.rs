//! How far the responses of one call may be ahead of their reader.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::stream::poll_fn;

/// The most lookups that are fetched together.
const BATCH: usize = 128;
/// Responses ahead of their reader: few at first, as it may take none of them, then twice as
/// many as it has taken, up to the most. What fills a frame counts as taken, though a reader
/// that has stopped leaves it.
const FIRST: usize = 8;
const GROWTH: usize = 2;
const MOST: usize = 4 * BATCH;

/// What was asked for and taken on one call. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct LookupFlow(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    asked: AtomicUsize,
    taken: AtomicUsize,
}

impl LookupFlow {
    /// The reader has taken a response.
    pub(super) fn taken(&self) {
        self.0.taken.fetch_add(1, Relaxed);
    }

    /// How many more may be asked for.
    fn room(&self) -> usize {
        let taken = self.0.taken.load(Relaxed);
        let ahead = self.0.asked.load(Relaxed).saturating_sub(taken);
        (GROWTH * taken).clamp(FIRST, MOST).saturating_sub(ahead)
    }

    /// `requests`, as many together as have come and the reader has room for. Without room
    /// nothing wakes this: it is polled again with the responses that are ahead.
    pub(super) fn batches<T>(self, requests: impl Stream<Item = T>) -> impl Stream<Item = Vec<T>> {
        let (flow, mut requests) = (self, Box::pin(requests));
        let mut over = false;
        poll_fn(move |task| {
            let room = flow.room().min(BATCH);
            if over {
                return Poll::Ready(None);
            }
            if room == 0 {
                return Poll::Pending;
            }
            let batch = ready(requests.as_mut(), room, task, &mut over);
            flow.0.asked.fetch_add(batch.len(), Relaxed);
            match batch.is_empty() {
                false => Poll::Ready(Some(batch)),
                true if over => Poll::Ready(None),
                true => Poll::Pending,
            }
        })
    }
}

/// Those of `requests` that are there, up to `most`; says whether they are `over`.
fn ready<T>(
    mut requests: Pin<&mut impl Stream<Item = T>>,
    most: usize,
    task: &mut Context<'_>,
    over: &mut bool,
) -> Vec<T> {
    let mut batch = Vec::new();
    while batch.len() < most {
        match requests.as_mut().poll_next(task) {
            Poll::Ready(Some(request)) => batch.push(request),
            Poll::Ready(None) => {
                *over = true;
                break;
            }
            Poll::Pending => break,
        }
    }
    batch
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt, stream};

    use super::*;

    #[tokio::test]
    async fn batches_grow_as_their_answers_are_taken() {
        let flow = LookupFlow::default();
        let mut batches = pin_batches(&flow);
        let mut sizes = Vec::new();
        for _ in 0..6 {
            let batch = batches.next().await.unwrap_or_default();
            sizes.push(batch.len());
            batch.iter().for_each(|_| flow.taken());
        }
        assert_eq!(sizes, [8, 16, 48, 128, 128, 128]);
    }

    #[tokio::test]
    async fn nothing_is_asked_for_beyond_what_the_reader_has_room_for() {
        let flow = LookupFlow::default();
        let mut batches = pin_batches(&flow);
        assert_eq!(batches.next().await.map(|it| it.len()), Some(8));
        assert!(batches.next().now_or_never().is_none());
        (0..8).for_each(|_| flow.taken());
        assert_eq!(batches.next().await.map(|it| it.len()), Some(16));
    }

    fn pin_batches(flow: &LookupFlow) -> Pin<Box<impl Stream<Item = Vec<u32>>>> {
        Box::pin(flow.clone().batches(stream::iter(0..10_000)))
    }
}
