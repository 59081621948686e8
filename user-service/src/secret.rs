//! Texts that hold passwords: settings, and what opens the stores with them.

use std::io;
use std::path::PathBuf;

pub use grpc_common::Secret;

/// Why a file with a secret is of no use.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the file {}: {cause}; correct the variable that names it", path.display())]
pub struct SecretError {
    path: PathBuf,
    cause: io::Error,
}

/// Whether `text` is a URL with a password in it.
pub(crate) fn has_password(text: &Secret) -> bool {
    let text = text.expose();
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    let user = rest.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || rest.contains("password=")
}

/// The text that was given, or the one in `file`, without white space around it.
pub(crate) fn resolve(
    text: &Option<Secret>,
    file: &Option<PathBuf>,
) -> Result<Option<Secret>, SecretError> {
    let Some(path) = file else {
        return Ok(text.clone());
    };
    match std::fs::read_to_string(path) {
        Ok(content) => Ok(Some(Secret::new(content.trim()))),
        Err(cause) => Err(SecretError {
            path: path.clone(),
            cause,
        }),
    }
}
