//! Users that are created together, checked.

use super::error::Error;
use super::new_user::{NewUser, UncheckedUser};
use super::port::{Created, RepositoryError};
use super::user::{User, UserId};

/// Users to create. Those that break the rules have their outcome already.
pub struct CheckedUsers {
    checked: Vec<Result<(), Error>>,
    valid: Vec<NewUser>,
}

impl CheckedUsers {
    /// Checks `users`.
    pub fn new(users: Vec<UncheckedUser>) -> Self {
        let mut valid = Vec::with_capacity(users.len());
        let check = |user| NewUser::try_from(user).map(|user| valid.push(user));
        let checked = users.into_iter().map(check).collect();
        Self { checked, valid }
    }

    /// Those that keep the rules.
    pub fn valid(&self) -> &[NewUser] {
        &self.valid
    }

    /// Gives each of the valid users one of `ids`, of which there are as many.
    pub(super) fn number(&mut self, ids: Vec<UserId>) {
        for (user, id) in self.valid.iter_mut().zip(ids) {
            user.id = Some(id);
        }
    }

    /// The valid users, and the rest, which makes the outcomes of all from what comes of them.
    pub(super) fn into_parts(self) -> (Vec<NewUser>, Checks) {
        (self.valid, Checks(self.checked))
    }
}

/// Which of some users keep the rules.
pub(super) struct Checks(Vec<Result<(), Error>>);

impl Checks {
    /// The outcome of each user, when this came of those that keep the rules.
    pub(super) fn outcomes(self, created: Vec<Created>) -> Vec<Result<User, Error>> {
        let mut created = created.into_iter();
        let outcome = |checked: Result<(), Error>| match checked.map(|()| created.next())? {
            Some(Created::User(user)) => Ok(user),
            Some(Created::Conflict(conflict)) => Err(Error::AlreadyExists(conflict)),
            // A repository returns a result for each user; otherwise the store failed.
            None => Err(RepositoryError::Incomplete.into()),
        };
        self.0.into_iter().map(outcome).collect()
    }
}
