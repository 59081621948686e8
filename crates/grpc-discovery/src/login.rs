//! Users of registries that have authentication switched on.

use std::fmt;
use std::io;
use std::path::PathBuf;

use grpc_common::Secret;

/// A user of a registry. Never shows the password.
#[derive(Clone, Eq, PartialEq)]
pub struct Login {
    /// The user name.
    pub username: String,
    /// The password, or where it is.
    pub password: Password,
}

/// Where a password comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Password {
    /// It is known.
    Text(Secret),
    /// A file that is read at each login, so that a rotated password is used.
    File(PathBuf),
}

/// The file of a password can't be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the password file {}: {cause}", path.display())]
pub struct PasswordError {
    path: PathBuf,
    cause: io::Error,
}

impl fmt::Debug for Login {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Login({}, ***)", self.username)
    }
}

impl Password {
    /// The password now.
    ///
    /// # Errors
    /// When its file can't be read.
    pub(crate) async fn read(&self) -> Result<String, PasswordError> {
        match self {
            Self::Text(text) => Ok(text.expose().to_owned()),
            Self::File(path) => match tokio::fs::read_to_string(path).await {
                Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
                Err(cause) => Err(PasswordError {
                    path: path.clone(),
                    cause,
                }),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_never_shows_its_password() {
        let login = Login {
            username: "nacos".to_owned(),
            password: Password::Text(Secret::new("secret")),
        };
        assert_eq!(format!("{login:?}"), "Login(nacos, ***)");
    }
}
