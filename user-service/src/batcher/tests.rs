use std::sync::Mutex;

use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::*;

const LIMITS: BatchLimits = BatchLimits {
    queue: 64,
    batch: 16,
    in_flight: 1,
};

const OPERATION: Operation = Operation {
    summary: "TEST",
    name: "TEST",
    collection: None,
    text: None,
    batch_size: None,
};

/// Doubles numbers once it is let, one batch for each permit, and remembers them.
#[derive(Clone)]
struct Doubler {
    turns: Arc<Semaphore>,
    batches: Arc<Mutex<Vec<Vec<u32>>>>,
}

impl Doubler {
    fn new() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(0)),
            batches: Arc::default(),
        }
    }

    fn batcher(&self, limits: BatchLimits) -> Batcher<u32, u32> {
        let store = Store {
            system: "test",
            namespace: "".into(),
            address: None,
            port: None,
        };
        let doubler = self.clone();
        Batcher::new(limits, store, OPERATION, move |items| {
            let doubler = doubler.clone();
            Box::pin(async move { doubler.double(items).await })
        })
    }

    /// A batch with a 13 in it fails.
    async fn double(&self, items: Vec<u32>) -> Result<Vec<u32>, RepositoryError> {
        self.turns.acquire().await.map(|turn| turn.forget()).ok();
        self.batches
            .lock()
            .map(|mut it| it.push(items.clone()))
            .ok();
        if items.contains(&13) {
            let cause: Box<dyn std::error::Error + Send + Sync> = "13".into();
            return Err(RepositoryError::Internal(Arc::from(cause)));
        }
        Ok(items.into_iter().map(|item| item * 2).collect())
    }

    fn batches(&self) -> Vec<Vec<u32>> {
        self.batches.lock().map(|it| it.clone()).unwrap_or_default()
    }
}

#[tokio::test]
async fn items_queued_behind_a_batch_share_the_next_one() {
    let doubler = Doubler::new();
    let batcher = doubler.batcher(LIMITS);

    let let_go = async {
        // All have been polled once when this is: the first has left alone.
        tokio::task::yield_now().await;
        doubler.turns.add_permits(2);
    };
    let (answers, ()) = tokio::join!(join_all((1..=9).map(|item| batcher.call(item))), let_go);

    let answers: Vec<u32> = answers.into_iter().flatten().collect();
    assert_eq!(answers, [2, 4, 6, 8, 10, 12, 14, 16, 18]);
    assert!(doubler.batches().len() <= 2, "{:?}", doubler.batches());
}

#[tokio::test]
async fn one_that_fails_does_not_take_the_others_with_it() {
    let doubler = Doubler::new();
    doubler.turns.add_permits(100);
    let batcher = doubler.batcher(LIMITS);

    let answers = join_all([1, 13, 3].map(|item| batcher.call(item))).await;

    let answers: Vec<Option<u32>> = answers.into_iter().map(Result::ok).collect();
    assert_eq!(answers, [Some(2), None, Some(6)]);
}

#[tokio::test]
async fn queued_item_of_a_gone_caller_is_skipped() {
    let doubler = Doubler::new();
    let batcher = Arc::new(doubler.batcher(LIMITS));
    let first = tokio::spawn({
        let batcher = Arc::clone(&batcher);
        async move { batcher.call(1).await.ok() }
    });
    while doubler.turns.available_permits() == 0 && !batcher_has_begun(&batcher) {
        tokio::task::yield_now().await;
    }
    // It waits behind the first, and leaves.
    let gone = batcher.call(2);
    assert!(futures_util::FutureExt::now_or_never(gone).is_none());
    doubler.turns.add_permits(100);

    assert_eq!(first.await.ok().flatten(), Some(2));
    assert_eq!(batcher.call(3).await.ok(), Some(6));
    assert_eq!(doubler.batches(), [vec![1], vec![3]]);
}

/// Whether nothing waits: the worker has taken all there was.
fn batcher_has_begun(batcher: &Batcher<u32, u32>) -> bool {
    {
        let items = &batcher.queue().items;
        items.capacity() == items.max_capacity()
    }
}

#[tokio::test]
async fn more_than_may_wait_are_refused_at_once() {
    let doubler = Doubler::new();
    let batcher = doubler.batcher(BatchLimits { queue: 1, ..LIMITS });

    let calls = join_all((0..50).map(|item| batcher.call(item)));
    let let_go = async {
        tokio::task::yield_now().await;
        doubler.turns.add_permits(100);
    };
    let (answers, ()) = tokio::join!(calls, let_go);

    let refused = |it: &Result<u32, RepositoryError>| matches!(it, Err(RepositoryError::Exhausted));
    assert!(answers.iter().filter(|it| refused(it)).count() >= 40);
    assert!(answers.iter().any(Result::is_ok));
}
