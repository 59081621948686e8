//! The port: what the domain needs of a store of users.

use std::error::Error as StdError;
use std::sync::Arc;

use async_trait::async_trait;

use super::error::Conflict;
use super::new_user::NewUser;
use super::user::{User, UserId};

/// Where users are kept. All methods are cancellation safe: a dropped call has
/// happened whole or not at all.
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// What is known right here of the user with this id; `None` where [`get`](Self::get) has
    /// to be asked.
    fn peek(&self, _id: UserId) -> Option<Option<Arc<User>>> {
        None
    }

    /// The user with this id; `None` if there is none.
    ///
    /// # Errors
    /// When the store can't tell.
    async fn get(&self, id: UserId) -> Result<Option<User>, RepositoryError>;

    /// Those of `ids` that a user has, in any order.
    ///
    /// # Errors
    /// When the store can't tell.
    async fn get_many(&self, ids: &[UserId]) -> Result<Vec<User>, RepositoryError>;

    /// The first `limit` users after the id `after`, in the order of their ids.
    /// Fewer are the last ones.
    ///
    /// # Errors
    /// When the store can't tell.
    async fn page(&self, after: i64, limit: u32) -> Result<Vec<User>, RepositoryError>;

    /// Creates users, one after the other, durably before it returns; returns
    /// in their order. A repeat of an earlier `request_id` with the same content
    /// returns what the first one did.
    ///
    /// # Errors
    /// When the store can't tell whether they were created: all of those that
    /// can be were, or none. A repeat with the same `request_id`s is then safe.
    async fn create(&self, users: Vec<NewUser>) -> Result<Vec<Created>, RepositoryError>;

    /// Ids for `count` users, for [`create`](Self::create), each greater than all that were drawn
    /// or given before; `None` where the store gives ids only to users that it creates.
    ///
    /// # Errors
    /// When the store can't tell.
    async fn draw_ids(&self, _count: usize) -> Result<Option<Vec<UserId>>, RepositoryError> {
        Ok(None)
    }

    /// Whether the store responds.
    ///
    /// # Errors
    /// When it does not.
    async fn ping(&self) -> Result<(), RepositoryError>;

    /// Closes the store gracefully, within a second. It is not used afterwards.
    async fn close(&self);
}

/// What came of a request to create a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// The user is there: made now, or by the first request with this id.
    User(User),
    /// It can't be made: something unique is taken.
    Conflict(Conflict),
}

/// Why a store could not respond. Callers get a fixed text; the source is for the log.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RepositoryError {
    /// The store is not reachable or not able to work now.
    #[error("the store is unavailable")]
    Unavailable(#[source] Arc<dyn StdError + Send + Sync>),
    /// All connections are in use and none became free in time.
    #[error("the store is at its limit")]
    Exhausted,
    /// Other requests changed the same users at the same time, again and again.
    #[error("the store is contended")]
    Contended(#[source] Arc<dyn StdError + Send + Sync>),
    /// The store returned fewer results than it was given users.
    #[error("the store's result is incomplete")]
    Incomplete,
    /// A defect of ours or of the data.
    #[error("the store failed")]
    Internal(#[source] Arc<dyn StdError + Send + Sync>),
}
