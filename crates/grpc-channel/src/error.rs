//! Why no channel can be opened.

use std::fmt;
use std::io;
use std::path::PathBuf;

use prost::DecodeError;

use crate::BoxError;

/// Why no channel can be opened, or no connection made. No text shows a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file for TLS cannot be read.
    #[error("cannot read the {file} in {}: {cause}", path.display())]
    UnreadableCredential {
        /// What it was named as.
        file: CredentialFile,
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A file for TLS has nothing of what it was named as.
    #[error("{} has no {file} in PEM", path.display())]
    NotPem {
        /// What it was named as.
        file: CredentialFile,
        /// The file.
        path: PathBuf,
    },
    /// A private key is encrypted, and there is no way to give its passphrase.
    #[error("{} has an encrypted private key: decrypt it", path.display())]
    EncryptedKey {
        /// The file.
        path: PathBuf,
    },
    /// A client certificate is given without its private key, or the other way round.
    #[error("the {0} is given alone: give both certificate and private key, or neither")]
    Unpaired(CredentialFile),
    /// Credentials are given for a target without TLS.
    #[error("credentials are given for {target}, which is called without TLS")]
    UnusedCredentials {
        /// The target.
        target: String,
    },
    /// TLS cannot be set up with these credentials.
    #[error("TLS cannot be set up")]
    Tls(#[source] BoxError),
    /// A token cannot be read from its file, or the file has none.
    #[error("cannot read a token from {}: {cause}", path.display())]
    UnreadableToken {
        /// The file.
        path: PathBuf,
        /// What the system says, or that it holds no token.
        cause: io::Error,
    },
    /// A text cannot be a token: it is empty, or has more than visible ASCII characters.
    #[error("this is not a token: one has visible ASCII characters only")]
    InvalidToken,
    /// The token would go over the network in plain text.
    #[error("the token would go to {target} in plain text")]
    PlaintextToken {
        /// The target.
        target: String,
    },
    /// What a resolver has found is not an address.
    #[error("{address} is not an address: {cause}")]
    InvalidAddress {
        /// What was found.
        address: String,
        /// What is wrong with it.
        cause: http::uri::InvalidUri,
    },
    /// The name of the target cannot be resolved, or has no address.
    #[error("{target} cannot be resolved: {cause}")]
    Unresolved {
        /// The target.
        target: String,
        /// What the resolver says.
        cause: BoxError,
    },
    /// The registry of the target cannot be called.
    #[error("{0}")]
    Registry(String),
    /// No connection can be made.
    #[error("cannot connect")]
    Connect(#[source] BoxError),
    /// Descriptors of methods cannot be decoded.
    #[error("a descriptor set is not an encoded FileDescriptorSet: {0}")]
    Descriptors(#[from] DecodeError),
}

/// What a file is for TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialFile {
    /// The CA certificates that vouch for the server.
    Ca,
    /// The certificate of the client.
    Certificate,
    /// The private key of the client.
    Key,
}

impl fmt::Display for CredentialFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ca => "CA certificate",
            Self::Certificate => "certificate",
            Self::Key => "private key",
        })
    }
}
