//! Texts that hold passwords.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// A text that is not shown by accident. Parsing never fails, as a command line would repeat
/// what it failed on.
///
/// ```
/// let password = grpc_common::Secret::new("tea4two");
/// assert_eq!(format!("{password:?}"), "***");
/// assert_eq!(password.expose(), "tea4two");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
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
