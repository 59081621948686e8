//! What can be done with users.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::Stream;

use super::checked_users::CheckedUsers;
use super::error::{Error, Field, Violation};
use super::list::{self, Position};
use super::new_user::UncheckedUser;
use super::port::{RepositoryError, UserRepository};
use super::user::{User, UserId};

/// The rules, over a store.
#[derive(Clone)]
pub struct Users {
    repository: Arc<dyn UserRepository>,
}

impl Users {
    /// The users of `repository`.
    pub fn new(repository: Arc<dyn UserRepository>) -> Self {
        Self { repository }
    }

    /// The user with the id `number`.
    ///
    /// # Errors
    /// If the number is not a valid id, no user has it, or the store fails.
    pub async fn get(&self, number: i64) -> Result<Arc<User>, Error> {
        let id = user_id(number)?;
        let user = match self.repository.peek(id) {
            Some(known) => known,
            None => self.repository.get(id).await?.map(Arc::new),
        };
        user.ok_or(Error::NotFound(id))
    }

    /// The users with the ids `numbers`, fetched together; a result for each, in their order.
    ///
    /// # Errors
    /// If the store fails. An invalid or unknown id is a result, not an error.
    pub async fn get_many(
        &self,
        numbers: &[i64],
    ) -> Result<Vec<Result<User, Error>>, RepositoryError> {
        let mut ids: Vec<_> = numbers.iter().copied().filter_map(UserId::new).collect();
        ids.sort_unstable();
        ids.dedup();
        let found = match ids.is_empty() {
            true => Vec::new(),
            false => self.repository.get_many(&ids).await?,
        };
        let found: HashMap<_, _> = found.into_iter().map(|user| (user.id, user)).collect();
        let answer = |&number| {
            let id = user_id(number)?;
            found.get(&id).cloned().ok_or(Error::NotFound(id))
        };
        Ok(numbers.iter().map(answer).collect())
    }

    /// The users with ids greater than `after`, in the order of their ids, at
    /// most `limit` of them; 0 is no limit. They are read page by page, each
    /// when it is asked for, so that a slow reader holds nothing but a page. A
    /// user who is created meanwhile may or may not be among them.
    ///
    /// # Errors
    /// When a number is negative; in the stream, when the store fails.
    pub fn list(
        &self,
        after: i64,
        limit: i32,
    ) -> Result<impl Stream<Item = Result<User, Error>> + Send + use<>, Error> {
        let position = Position::new(after, limit)?;
        Ok(list::users(Arc::clone(&self.repository), position))
    }

    /// Creates a user.
    ///
    /// # Errors
    /// When fields break the rules, when something unique is taken, or when the store fails.
    pub async fn create(&self, user: UncheckedUser) -> Result<User, Error> {
        let mut outcomes = self.create_many(vec![user]).await?;
        outcomes.pop().unwrap_or_else(|| Err(incomplete()))
    }

    /// Creates users, all that can be, durably before it returns; an outcome for
    /// each, in their order.
    ///
    /// # Errors
    /// When the store fails: then any of them may have been created, and a repeat
    /// with the same request ids is safe.
    pub async fn create_many(
        &self,
        users: Vec<UncheckedUser>,
    ) -> Result<Vec<Result<User, Error>>, RepositoryError> {
        self.create_checked(CheckedUsers::new(users)).await
    }

    /// Creates users that were checked, like [`create_many`](Self::create_many).
    ///
    /// # Errors
    /// When the store fails.
    pub async fn create_checked(
        &self,
        users: CheckedUsers,
    ) -> Result<Vec<Result<User, Error>>, RepositoryError> {
        let (valid, checks) = users.into_parts();
        let created = match valid.is_empty() {
            true => Vec::new(),
            false => self.repository.create(valid).await?,
        };
        Ok(checks.outcomes(created))
    }

    /// Gives ids to `users` before they are created, so that others that get theirs later may be
    /// created at the same time. False if this store gives ids only to users that it creates.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn draw_ids(&self, users: &mut CheckedUsers) -> Result<bool, RepositoryError> {
        if users.valid().is_empty() {
            return Ok(true);
        }
        let ids = self.repository.draw_ids(users.valid().len()).await?;
        let given = ids.is_some();
        users.number(ids.unwrap_or_default());
        Ok(given)
    }
}

fn user_id(number: i64) -> Result<UserId, Error> {
    UserId::new(number).ok_or_else(|| {
        Error::Invalid(vec![Violation {
            field: Field::UserId,
            rule: UserId::RULE,
        }])
    })
}

/// A repository returns a result for each user; otherwise the store failed.
fn incomplete() -> Error {
    RepositoryError::Incomplete.into()
}
