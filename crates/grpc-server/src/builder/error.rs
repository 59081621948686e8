//! What can keep a service from its work.

use std::io;
use std::net::SocketAddr;

use prost::DecodeError;

use crate::reflection::ReflectionError;
use crate::tls::TlsError;
use crate::{Interrupted, KeyFileError, RolesError};

/// One sentence that says what is wrong and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A port is not free.
    #[error(
        "cannot listen on {address}: {cause}; free the port, or choose another with {variable}"
    )]
    Listen {
        /// The address that was configured.
        address: SocketAddr,
        /// The variable that chooses it.
        variable: &'static str,
        /// What the system says.
        cause: io::Error,
    },
    /// There is nothing to serve.
    #[error("no service was added: call Builder::add_service before Builder::bind")]
    NoService,
    /// The files for TLS are of no use.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The keys for tokens are of no use.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// A method has no role.
    #[error(transparent)]
    Roles(#[from] RolesError),
    /// Tokens are required, and no method could be called with any.
    #[error(
        "AUTH_JWKS_FILE is set, but what the methods require is not: name the option with their roles with Builder::with_role_option"
    )]
    NoRoleOption,
    /// The process can't listen for signals.
    #[error("cannot listen for signals: {0}")]
    Signals(io::Error),
    /// A descriptor can't be decoded.
    #[error("the descriptors of the services are not valid: {0}")]
    Descriptors(#[from] DecodeError),
    /// Reflection can't be served.
    #[error(transparent)]
    Reflection(#[from] ReflectionError),
    /// A second signal came while the calls in flight were finishing.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}
