//! Why a registry can't be called with these settings.

use std::io;
use std::path::PathBuf;

/// One sentence that says what is wrong and what to do.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A user name without a password, or the other way round.
    #[error(
        "{registry}_USERNAME needs {registry}_PASSWORD_FILE (or {registry}_PASSWORD), and the other way round"
    )]
    IncompleteLogin {
        /// What the variables of the registry begin with.
        registry: &'static str,
    },
    /// A certificate without its key, or the other way round.
    #[error("{registry}_CERT_FILE and {registry}_KEY_FILE go together: set both, or neither")]
    IncompleteIdentity {
        /// What the variables of the registry begin with.
        registry: &'static str,
    },
    /// A file can't be read.
    #[error("cannot read {variable} {}: {cause}", path.display())]
    Unreadable {
        /// The variable that names it.
        variable: String,
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// A key can't be used without its passphrase.
    #[error("{variable} {} is encrypted: write it without a passphrase", path.display())]
    EncryptedKey {
        /// The variable that names it.
        variable: String,
        /// The file.
        path: PathBuf,
    },
}
