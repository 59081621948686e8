//! Why etcd did not do what it was asked.

use tonic::{Code, Status};

use super::client::LIMIT;
use crate::PasswordError;

/// No member gave a usable response. Never shows a password or a token.
#[derive(Debug, thiserror::Error)]
pub enum EtcdError {
    /// None could be called.
    #[error("no address of etcd is given")]
    NoMember,
    /// The last of them took too long.
    #[error("etcd does not respond within {} s", LIMIT.as_secs())]
    Late,
    /// It does not accept the user name and password, or wants some.
    #[error(
        "etcd denies access ({}): check ETCD_USERNAME, ETCD_PASSWORD_FILE and the permissions of the user",
        .0.message()
    )]
    Denied(Box<Status>),
    /// It refused the request, or there was no connection to it.
    #[error("etcd can't be reached: {}", .0.message())]
    Refused(Box<Status>),
    /// The file of the password can't be read.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// TLS could not be set up.
    #[error("TLS to etcd can't be set up: {0}")]
    Tls(#[from] tonic::transport::Error),
}

impl From<Status> for EtcdError {
    fn from(status: Status) -> Self {
        let message = status.message();
        let is_denied = match status.code() {
            Code::PermissionDenied | Code::Unauthenticated => true,
            Code::InvalidArgument => {
                message.contains("authentication failed") || message.contains("user name is empty")
            }
            _ => false,
        };
        match is_denied {
            true => Self::Denied(Box::new(status)),
            false => Self::Refused(Box::new(status)),
        }
    }
}
