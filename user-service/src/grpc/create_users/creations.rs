//! The batches of a call that are being created.

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;

use super::batch::{Batch, Unique};
use crate::domain::{CheckedUsers, Error, RepositoryError, User, Users};

/// The most batches of a call that are created at a time: while one waits for the disk or is made
/// ready, the database works on the other.
const IN_FLIGHT: usize = 2;

/// What came of each row of a batch.
pub(super) type Outcomes = Result<Vec<Result<User, Error>>, RepositoryError>;

/// Batches that have begun. Dropped, what is not done may be abandoned.
pub(super) struct Creations<'a> {
    users: &'a Users,
    running: FuturesOrdered<BoxFuture<'a, Outcomes>>,
    /// Of the batch that began last, if another may run beside it.
    unique: Option<Unique>,
}

impl<'a> Creations<'a> {
    /// The creation of `first`, whose ids are given as it is created: alone, as others must not
    /// get theirs before.
    pub(super) fn begin(users: &'a Users, first: CheckedUsers) -> Self {
        let mut creations = Self {
            users,
            running: FuturesOrdered::new(),
            unique: None,
        };
        creations.run(first);
        creations
    }

    /// Whether `batch` may begin now: always if no other runs.
    pub(super) fn have_room_for(&self, batch: &Batch) -> bool {
        let is_apart = |unique| batch.unique.is_apart_from(unique);
        self.running.is_empty()
            || self.running.len() < IN_FLIGHT && self.unique.as_ref().is_some_and(is_apart)
    }

    /// Begins `batch`, whose ids are drawn before. It goes on while [`next`](Self::next) is
    /// waited for.
    ///
    /// # Errors
    /// When the store can't give ids.
    pub(super) async fn begin_next(&mut self, batch: Batch) -> Result<(), RepositoryError> {
        let Batch { mut users, unique } = batch;
        self.unique = self.users.draw_ids(&mut users).await?.then_some(unique);
        self.run(users);
        Ok(())
    }

    /// What came of the batch that began first; `None` if none runs. Dropped before that, it has
    /// lost nothing.
    pub(super) async fn next(&mut self) -> Option<Outcomes> {
        self.running.next().await
    }

    fn run(&mut self, checked: CheckedUsers) {
        let users = self.users;
        let creation = async move { users.create_checked(checked).await };
        self.running.push_back(Box::pin(creation));
    }
}
