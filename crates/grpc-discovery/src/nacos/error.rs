//! Why a request to Nacos failed.

use super::http::LIMIT;
use crate::login::PasswordError;

/// No server gave a usable response. Never shows a password or a token.
#[derive(Debug, thiserror::Error)]
pub enum NacosError {
    /// None could be called.
    #[error("no address of Nacos is given")]
    NoServer,
    /// The last of them took too long.
    #[error("Nacos does not respond within {} s", LIMIT.as_secs())]
    Late,
    /// There was no connection to it, or it broke.
    #[error("Nacos can't be reached: {0}")]
    Unreachable(String),
    /// It does not accept the user name and password, or wants some.
    #[error("Nacos denies access (HTTP {0}): check NACOS_USERNAME and NACOS_PASSWORD_FILE")]
    Denied(u16),
    /// It responded with an error.
    #[error("Nacos refused the request (HTTP {status}): {message}")]
    Refused {
        /// The HTTP status code.
        status: u16,
        /// The beginning of what it said.
        message: String,
    },
    /// Its response is not of this API, or too large.
    #[error("Nacos sent a response that is not understood: {0}")]
    Nonsense(String),
    /// The file of the password can't be read.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// TLS could not be set up.
    #[error("TLS to Nacos can't be set up: {0}")]
    Tls(String),
}
