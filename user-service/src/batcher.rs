//! Gathers what waits for a store into batches.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use grpc_telemetry::store::{Operation, SharingCall, Store};
use opentelemetry::trace::FutureExt;
use thread_local::ThreadLocal;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use crate::domain::RepositoryError;

/// How much waits and travels together, for each thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchLimits {
    /// Items that wait, at most; more are refused at once.
    pub(crate) queue: usize,
    /// Items of one batch, at most.
    pub(crate) batch: usize,
    /// Batches in flight, at most.
    pub(crate) in_flight: usize,
}

/// The work on a batch: a result for each item, in their order.
type Work<T, R> =
    Arc<dyn Fn(Vec<T>) -> BoxFuture<'static, Result<Vec<R>, RepositoryError>> + Send + Sync>;

/// Processes items in batches, and returns their results one by one. A batch leaves as
/// soon as fewer than the limit are in flight: no item waits for others to join.
///
/// Each thread has a queue of its own: to wake another one for every item and
/// every result costs more than all the rest.
pub(crate) struct Batcher<T: Send, R: Send> {
    queues: ThreadLocal<Queue<T, R>>,
    limits: BatchLimits,
    work: Work<T, R>,
    store: Store,
    operation: Operation,
}

struct Queue<T, R> {
    items: mpsc::Sender<(T, Waiting<R>)>,
    _worker: AbortOnDropHandle<()>,
}

/// The one who waits for the result for an item.
struct Waiting<R> {
    caller: SharingCall,
    answer: oneshot::Sender<BatchResult<R>>,
}

struct BatchResult<R> {
    result: Result<R, RepositoryError>,
    /// The span that did the work, if it is not that of the caller.
    sender: Option<SharingCall>,
}

impl<T: Clone + Send + Sync + 'static, R: Send + 'static> Batcher<T, R> {
    /// Does `work` on batches. `operation` on `store` is what a call that shares a batch shows in its trace.
    pub(crate) fn new(
        limits: BatchLimits,
        store: Store,
        operation: Operation,
        work: impl Fn(Vec<T>) -> BoxFuture<'static, Result<Vec<R>, RepositoryError>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self {
            queues: ThreadLocal::new(),
            limits,
            work: Arc::new(work),
            store,
            operation,
        }
    }

    /// The result for `item`. Dropped before its batch has left, it is not worked on.
    pub(crate) async fn call(&self, item: T) -> Result<R, RepositoryError> {
        let caller = SharingCall::current();
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            caller: caller.clone(),
            answer,
        };
        self.queue()
            .items
            .try_send((item, waiting))
            .map_err(|_| RepositoryError::Exhausted)?;
        // Only a panic in the work loses a result.
        let answer = answered.await.map_err(|_| RepositoryError::Incomplete)?;
        if let Some(sender) = &answer.sender {
            caller.record(&self.store, self.operation, sender, answer.result.is_err());
        }
        answer.result
    }

    /// The queue of this thread, which is served by its runtime.
    fn queue(&self) -> &Queue<T, R> {
        self.queues.get_or(|| {
            let (items, waiting) = mpsc::channel(self.limits.queue);
            let worker = tokio::spawn(run(waiting, self.limits, Arc::clone(&self.work)));
            Queue {
                items,
                _worker: AbortOnDropHandle::new(worker),
            }
        })
    }
}

async fn run<T, R>(
    mut queue: mpsc::Receiver<(T, Waiting<R>)>,
    limits: BatchLimits,
    work: Work<T, R>,
) where
    T: Clone + Send + Sync + 'static,
    R: Send + 'static,
{
    let mut batches = JoinSet::new();
    loop {
        let mut waiting = Vec::new();
        tokio::select! {
            received = queue.recv_many(&mut waiting, limits.batch), if batches.len() < limits.in_flight => {
                if received == 0 {
                    return;
                }
                batches.spawn(answer(waiting, Arc::clone(&work)));
            }
            Some(_) = batches.join_next() => {}
        }
    }
}

async fn answer<T, R>(mut batch: Vec<(T, Waiting<R>)>, work: Work<T, R>)
where
    T: Clone + Send + Sync + 'static,
{
    batch.retain(|(_, waiting)| !waiting.answer.is_closed());
    let (items, batch): (Vec<T>, Vec<Waiting<R>>) = batch.into_iter().unzip();
    // The statement belongs to the trace of one of them, best to one that is recorded.
    let recorded = batch.iter().position(|it| it.caller.is_recording());
    let sender = recorded.unwrap_or(0);
    let Some(caller) = batch.get(sender).map(|it| it.caller.clone()) else {
        return;
    };
    // Only several can be tried again one by one.
    let spare = (items.len() > 1).then(|| items.clone());
    let result = work(items).with_context(caller.context().clone()).await;
    let results: Vec<_> = match result {
        Ok(answers) if answers.len() == batch.len() => answers.into_iter().map(Ok).collect(),
        Ok(_) => repeated(RepositoryError::Incomplete, batch.len()),
        Err(error) => match (&error, spare) {
            // Who is at fault is not known: the others must not suffer for it.
            (RepositoryError::Internal(_), Some(items)) => {
                return one_by_one(items, batch, work).await;
            }
            _ => repeated(error, batch.len()),
        },
    };
    for (index, (waiting, result)) in batch.into_iter().zip(results).enumerate() {
        let sender = (index != sender).then(|| caller.clone());
        // The caller may be gone.
        let _ = waiting.answer.send(BatchResult { result, sender });
    }
}

fn repeated<R>(error: RepositoryError, times: usize) -> Vec<Result<R, RepositoryError>> {
    (0..times).map(|_| Err(error.clone())).collect()
}

async fn one_by_one<T, R>(items: Vec<T>, batch: Vec<Waiting<R>>, work: Work<T, R>)
where
    T: Clone + Send + Sync + 'static,
{
    for (item, waiting) in items.into_iter().zip(batch) {
        let context = waiting.caller.context().clone();
        let result = work(vec![item]).with_context(context).await;
        let result =
            result.and_then(|mut answers| answers.pop().ok_or(RepositoryError::Incomplete));
        let sender = None;
        let _ = waiting.answer.send(BatchResult { result, sender });
    }
}

#[cfg(test)]
mod tests;
