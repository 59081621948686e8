//! What can keep the program from its work.

use std::io;
use std::net::SocketAddr;

use grpc_server::tls::TlsError;
use grpc_server::{IncompleteTokenRules, Interrupted, KeyFileError, RolesError, rlimit};

use crate::{cache, config, repository, secret};

/// One sentence that says what is wrong and what to do.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A port can't be had.
    #[error(
        "cannot listen on {address}: {cause}; free the port, or choose another with {variable}"
    )]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// The variable that chooses it.
        variable: &'static str,
        /// What the system says.
        cause: io::Error,
    },
    /// Two settings name one address.
    #[error("{0}")]
    SameAddress(String),
    /// A file with a secret can't be read.
    #[error(transparent)]
    Secret(#[from] secret::SecretError),
    /// Access by tokens is not set up as a whole.
    #[error(transparent)]
    Tokens(#[from] IncompleteTokenRules),
    /// The keys of tokens can't be used.
    #[error("{0}, or AUTH_JWKS_FILE")]
    KeyFile(#[from] KeyFileError),
    /// This instance can't be registered with these settings.
    #[error(transparent)]
    Registry(#[from] config::RegistryError),
    /// The store can't be opened.
    #[error(transparent)]
    Repository(#[from] repository::OpenError),
    /// The cache can't be set up.
    #[error(transparent)]
    Cache(#[from] cache::OpenError),
    /// Settings of TLS don't fit together.
    #[error(transparent)]
    TlsSettings(#[from] config::Incomplete),
    /// The files for TLS are of no use.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The check can't ask the port with TLS.
    #[error(
        "TLS is on, and the check has no certificate: set HEALTH_ADDR, also for the service, to have its health served without TLS"
    )]
    NoHealthPort,
    /// The process can't listen for signals.
    #[error("cannot listen for signals: {0}")]
    Signals(io::Error),
    /// The threads for the connections can't be had.
    #[error("cannot start the threads that serve connections: {0}{advice}", advice = rlimit::advice(.0))]
    Threads(io::Error),
    /// Reflection can't be served.
    #[error("the descriptors of the service are not valid: {0}")]
    Descriptors(String),
    /// A method has no role.
    #[error(transparent)]
    Roles(#[from] RolesError),
    /// A second signal came while the calls in flight were finishing.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// A signal came while migrations were applied.
    #[error("stopped by {0} before all migrations were applied: run it again")]
    Unmigrated(&'static str),
    /// The service on this host is not ready.
    #[error("the service at {address} is not ready: {cause}")]
    NotReady {
        /// Where it was asked.
        address: SocketAddr,
        /// What it said.
        cause: String,
    },
}
