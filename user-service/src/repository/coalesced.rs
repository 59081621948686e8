//! Calls that wait at the same time share one statement, as a decorator.
//!
//! A statement for one row costs the database and the driver nearly what one for
//! a hundred does, and a durable insert waits for the disk once, however many
//! rows it has. So calls that arrive while a statement is in flight share the
//! next one: a single call when idle, hundreds under load, and batching never
//! delays a call. A caller that leaves does not cancel the shared statement.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use grpc_telemetry::store::{Operation, Store};
use opentelemetry::trace::FutureExt;
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;

use crate::batcher::{BatchLimits, Batcher};
use crate::domain::{Created, NewUser, RepositoryError, User, UserId, UserRepository};

/// Two statements in flight: while one waits for the database, the next is made.
const READS: BatchLimits = BatchLimits {
    queue: 4_096,
    batch: 256,
    in_flight: 2,
};
const CREATES: BatchLimits = BatchLimits {
    queue: 4_096,
    batch: 512,
    in_flight: 2,
};

/// A repository that sends the lookups and the creations of several calls together.
pub struct CoalescedRepository {
    statements: Statements,
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
            statements: Statements {
                repository,
                runtime: Handle::current(),
            },
            // On the threads of their calls: to wake another one with a batch, and to be woken by
            // it, costs more than a connection that was opened elsewhere.
            reads: Batcher::new(READS, store.clone(), select, move |ids| {
                let repository = Arc::clone(&reader);
                Box::pin(async move { look_up(&*repository, ids).await })
            }),
            creates: Batcher::new(CREATES, store, insert, move |users| {
                let repository = Arc::clone(&creator);
                Box::pin(async move { repository.create(users).await })
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
    let mut found = repository.get_many(&ids).await?;
    found.sort_unstable_by_key(|user| user.id);
    let user_of = |id: &UserId| {
        let place = found.binary_search_by_key(id, |user| user.id);
        place.ok().map(|place| found[place].clone())
    };
    Ok(asked.iter().map(user_of).collect())
}

/// Runs statements that are not shared, each in a task of its own.
struct Statements {
    repository: Arc<dyn UserRepository>,
    /// Not that of the call, which many rows would keep from other calls.
    runtime: Handle,
}

impl Statements {
    /// Runs `statement` for as long as the caller is there. What a stream has begun
    /// may not be polled again until its reader reads, and must not keep a connection
    /// to the database until then.
    fn run<T, F>(
        &self,
        statement: impl FnOnce(Arc<dyn UserRepository>) -> F,
    ) -> BoxFuture<'static, Result<T, RepositoryError>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, RepositoryError>> + Send + 'static,
    {
        let work = statement(Arc::clone(&self.repository));
        let runtime = self.runtime.clone();
        Box::pin(async move {
            let task = runtime.spawn(work.with_current_context());
            // Only a panic in the work loses its result.
            AbortOnDropHandle::new(task)
                .await
                .unwrap_or(Err(RepositoryError::Incomplete))
        })
    }
}

#[async_trait]
impl UserRepository for CoalescedRepository {
    async fn get(&self, id: UserId) -> Result<Option<User>, RepositoryError> {
        self.reads.call(id).await
    }

    async fn get_many(&self, ids: &[UserId]) -> Result<Vec<User>, RepositoryError> {
        let ids = ids.to_vec();
        self.statements
            .run(|repository| async move { repository.get_many(&ids).await })
            .await
    }

    async fn page(&self, after: i64, limit: u32) -> Result<Vec<User>, RepositoryError> {
        self.statements
            .run(|repository| async move { repository.page(after, limit).await })
            .await
    }

    async fn create(&self, mut users: Vec<NewUser>) -> Result<Vec<Created>, RepositoryError> {
        if users.len() == 1
            && let Some(user) = users.pop()
        {
            return Ok(vec![self.creates.call(user).await?]);
        }
        // A batch already.
        self.statements
            .run(|repository| async move { repository.create(users).await })
            .await
    }

    async fn draw_ids(&self, count: usize) -> Result<Option<Vec<UserId>>, RepositoryError> {
        self.statements
            .run(|repository| async move { repository.draw_ids(count).await })
            .await
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        self.statements.repository.ping().await
    }

    async fn close(&self) {
        self.statements.repository.close().await;
    }
}
