//! Flags that say who calls.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A token to call with.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Access {
    /// A file with the token to call with, read again when it changes.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "USER_SERVICE_TOKEN_FILE"
    )]
    pub token_file: Option<PathBuf>,

    /// The token itself. Others on this host can see arguments: rather use the file or the variable.
    #[arg(
        long,
        global = true,
        value_name = "TOKEN",
        env = "USER_SERVICE_TOKEN",
        hide_env_values = true,
        conflicts_with = "token_file"
    )]
    pub token: Option<Secret>,

    /// Send the token without TLS too, to hosts other than this one: whoever is on the way can take it.
    #[arg(long, global = true, env = "USER_SERVICE_PLAINTEXT_TOKEN")]
    pub plaintext_token: bool,
}

/// A text that is not shown by accident. Parsing never fails, as clap would repeat what it failed on.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
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
        Ok(Self(text.to_owned()))
    }
}
