//! Calls that wait at the same time share one statement, as a decorator.
//!
//! A statement for one row costs the database and the driver nearly what one for
//! a hundred does, and a durable insert waits for the disk once, however many
//! rows it has. So what arrives while a statement is on its way goes with the
//! next one: alone when there is little to do, by the hundred under load, and
//! never later for it. A caller who leaves takes no statement down with it.

mod batcher;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use opentelemetry::trace::FutureExt;
use telemetry::store::{Operation, Store};
use tokio_util::task::AbortOnDropHandle;

use self::batcher::{Batcher, Limits};
use crate::domain::{Created, NewUser, RepositoryError, User, UserId, UserRepository};

/// Two statements on their way: while one waits for the database, the next is made.
const READS: Limits = Limits {
    queue: 4_096,
    batch: 256,
    in_flight: 2,
};
const CREATES: Limits = Limits {
    queue: 4_096,
    batch: 512,
    in_flight: 2,
};

/// A repository that sends the look-ups and the creations of several calls together.
pub struct CoalescedRepository {
    repository: Arc<dyn UserRepository>,
    reads: Batcher<UserId, Option<User>>,
    creates: Batcher<NewUser, Created>,
}

impl CoalescedRepository {
    /// Puts itself in front of `repository`, whose statements are those of `store`.
    pub(super) fn new(
        repository: Arc<dyn UserRepository>,
        store: Store,
        select: Operation,
        insert: Operation,
    ) -> Self {
        let (reader, creator) = (Arc::clone(&repository), Arc::clone(&repository));
        Self {
            repository,
            reads: Batcher::start(READS, store.clone(), select, move |ids| {
                let repository = Arc::clone(&reader);
                Box::pin(async move { look_up(&*repository, ids).await })
            }),
            creates: Batcher::start(CREATES, store, insert, move |users| {
                let repository = Arc::clone(&creator);
                Box::pin(async move { repository.create(&users).await })
            }),
        }
    }
}

/// What is found for each of `ids`.
async fn look_up(
    repository: &dyn UserRepository,
    mut ids: Vec<UserId>,
) -> Result<Vec<Option<User>>, RepositoryError> {
    if let [id] = ids[..] {
        return Ok(vec![repository.get(id).await?]);
    }
    let asked = ids.clone();
    ids.sort_unstable();
    ids.dedup();
    let found = repository.get_many(&ids).await?;
    let found: HashMap<_, _> = found.into_iter().map(|user| (user.id, user)).collect();
    Ok(asked.iter().map(|id| found.get(id).cloned()).collect())
}

/// Works in a task of its own, for as long as the caller is there. What a stream
/// has begun may not be polled again until its reader reads, and must not keep a
/// connection to the database until then.
async fn in_a_task<T: Send + 'static>(
    work: impl Future<Output = Result<T, RepositoryError>> + Send + 'static,
) -> Result<T, RepositoryError> {
    let task = tokio::spawn(work.with_current_context());
    // Only a panic in the work loses its answer.
    AbortOnDropHandle::new(task)
        .await
        .unwrap_or(Err(RepositoryError::Incomplete))
}

#[async_trait]
impl UserRepository for CoalescedRepository {
    async fn get(&self, id: UserId) -> Result<Option<User>, RepositoryError> {
        self.reads.call(id).await
    }

    async fn get_many(&self, ids: &[UserId]) -> Result<Vec<User>, RepositoryError> {
        let (repository, ids) = (Arc::clone(&self.repository), ids.to_vec());
        in_a_task(async move { repository.get_many(&ids).await }).await
    }

    async fn page(&self, after: i64, limit: u32) -> Result<Vec<User>, RepositoryError> {
        let repository = Arc::clone(&self.repository);
        in_a_task(async move { repository.page(after, limit).await }).await
    }

    async fn create(&self, users: &[NewUser]) -> Result<Vec<Created>, RepositoryError> {
        match users {
            [user] => Ok(vec![self.creates.call(user.clone()).await?]),
            // A batch already.
            _ => self.repository.create(users).await,
        }
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        self.repository.ping().await
    }

    async fn close(&self) {
        self.repository.close().await;
    }
}
