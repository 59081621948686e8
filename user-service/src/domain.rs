//! The rules of users, and the port to where they are kept. Imports nothing of ours.

mod checked_users;
mod error;
mod list;
mod new_user;
mod port;
#[cfg(test)]
pub(crate) mod sample;
mod user;
mod users;

pub use checked_users::CheckedUsers;
pub use error::{Conflict, Error, Field, Violation};
pub use new_user::{NewUser, UncheckedUser};
pub use port::{Created, RepositoryError, UserRepository};
pub use user::{Email, Name, Phone, RequestId, User, UserId};
pub use users::Users;
