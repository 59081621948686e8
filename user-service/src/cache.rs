//! Users close at hand: in Redis, shared by all replicas, or in the process.

mod circuit_breaker;
mod entry;
mod memory;
mod redis;
mod ttl;

use std::sync::Arc;

use async_trait::async_trait;

pub use self::memory::MemoryCache;
pub use self::redis::{OpenError, RedisCache};
pub use self::ttl::Ttl;
use crate::domain::{User, UserId};

/// What a cache knows of an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cached {
    /// This user has it.
    User(User),
    /// No user had it a moment ago.
    Absent,
}

impl Cached {
    /// The user, if one has the id.
    pub fn into_user(self) -> Option<User> {
        match self {
            Self::User(user) => Some(user),
            Self::Absent => None,
        }
    }
}

/// A cache of users. It never fails and never blocks a caller for long: any error counts as a miss.
#[async_trait]
pub trait UserCache: Send + Sync {
    /// What is known of `id` right here, which may be that no user has it; `None` where
    /// [`get`](Self::get) has to be asked.
    fn peek(&self, _id: UserId) -> Option<Option<Arc<User>>> {
        None
    }

    /// What is known of each of `ids`, in their order; `None` is a cache miss.
    async fn get(&self, ids: &[UserId]) -> Vec<Option<Cached>>;

    /// Keeps users, instead of whatever was known of their ids.
    async fn put(&self, users: Vec<User>);

    /// Caches briefly that no user has `ids`, where nothing is known of
    /// one: a user that was created meanwhile must not be hidden.
    async fn put_absent(&self, ids: &[UserId]);
}
