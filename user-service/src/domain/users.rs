//! What can be done with users.

use std::sync::Arc;

use super::error::{Error, Field, Violation};
use super::new_user::{NewUser, UncheckedUser};
use super::port::{Created, RepositoryError, UserRepository};
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
    /// When the number is no id, when nobody has it, or when the store fails.
    pub async fn get(&self, number: i64) -> Result<User, Error> {
        let id = UserId::new(number).ok_or_else(|| {
            Error::Invalid(vec![Violation {
                field: Field::UserId,
                rule: UserId::RULE,
            }])
        })?;
        self.repository.get(id).await?.ok_or(Error::NotFound(id))
    }

    /// Creates a user.
    ///
    /// # Errors
    /// When fields break the rules, when something unique is taken, or when the store fails.
    pub async fn create(&self, user: UncheckedUser) -> Result<User, Error> {
        let user = NewUser::try_from(user)?;
        let mut created = self.repository.create(&[user]).await?;
        outcome(created.pop())
    }
}

/// What came of one new user. A repository answers for each; if it did not, the store failed.
fn outcome(created: Option<Created>) -> Result<User, Error> {
    match created {
        Some(Created::User(user)) => Ok(user),
        Some(Created::Conflict(conflict)) => Err(Error::AlreadyExists(conflict)),
        None => Err(RepositoryError::Incomplete.into()),
    }
}
