//! Texts that hold passwords: settings, and what opens the stores with them.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

/// A text that is not shown by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why a file with a secret is of no use.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the file {}: {cause}; correct the variable that names it", path.display())]
pub struct SecretError {
    path: PathBuf,
    cause: io::Error,
}

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether this is a URL with a password in it.
    pub(crate) fn has_password(&self) -> bool {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let user = rest.rsplit_once('@').map_or("", |(user, _)| user);
        user.contains(':') || rest.contains("password=")
    }

    /// The text that was given, or the one in `file`, without white space around it.
    pub(crate) fn resolve(
        text: &Option<Self>,
        file: &Option<PathBuf>,
    ) -> Result<Option<Self>, SecretError> {
        let Some(path) = file else {
            return Ok(text.clone());
        };
        match std::fs::read_to_string(path) {
            Ok(content) => Ok(Some(Self::new(content.trim()))),
            Err(cause) => Err(SecretError {
                path: path.clone(),
                cause,
            }),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::new(text))
    }
}
