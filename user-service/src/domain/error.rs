//! What can be wrong with a request.

use std::fmt;

use super::port::RepositoryError;
use super::user::UserId;

/// Why a request was not fulfilled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields that break the rules, at least one.
    #[error("invalid argument")]
    Invalid(Vec<Violation>),
    /// There is no such user.
    #[error("no user has the id {0}")]
    NotFound(UserId),
    /// Something unique is taken.
    #[error("{0}")]
    AlreadyExists(Conflict),
    /// The store failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

/// A field of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The id of a user.
    UserId,
    /// The name of a user.
    Name,
    /// The e-mail address of a user.
    Email,
    /// The telephone number of a user.
    Phone,
    /// The id that makes a repeat safe.
    RequestId,
    /// The id after which a list begins.
    AfterUserId,
    /// The most users of a list.
    Limit,
}

/// One field that breaks a rule. The offending value is not repeated: it may be personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which field.
    pub field: Field,
    /// The rule, as advice to the caller.
    pub rule: &'static str,
}

/// What is unique and taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// Another user has the e-mail address, in some case.
    Email,
    /// The request id was used for a request with other content.
    RequestId,
}

impl fmt::Display for Conflict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Email => "a user with this email already exists",
            Self::RequestId => "this request_id was used for a request with other content",
        })
    }
}
