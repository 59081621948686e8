//! The file of keys, read again when it changes.

use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::time::Duration;

use grpc_common::{Contents, FileFollower, Unreadable};

use super::keys::{Keys, KeysError};
use super::tokens::Tokens;

/// How often the file is read.
const INTERVAL: Duration = Duration::from_secs(1);

/// Why a file of keys is of no use.
#[derive(Debug, thiserror::Error)]
#[error("the keys in {} can't be used: {cause}; correct the file", path.display())]
pub struct KeyFileError {
    path: PathBuf,
    cause: Cause,
}

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error("{}", .0.cause)]
    Read(#[from] Unreadable),
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// A file, and what follows it.
pub(super) struct KeyFile {
    path: PathBuf,
    follower: FileFollower,
}

impl KeyFile {
    /// Reads the file for the first time.
    pub(super) fn open(path: &Path) -> Result<(Self, Keys), KeyFileError> {
        let mut file = Self {
            path: path.to_owned(),
            follower: FileFollower::new(vec![path.to_owned()]),
        };
        let keys = parse(file.follower.read()).map_err(|cause| file.error(cause))?;
        Ok((file, keys))
    }

    /// Keeps the keys of `tokens` at what the file holds, until they are gone.
    pub(super) async fn follow(mut self, tokens: Weak<Tokens>) {
        loop {
            let changed = self.follower.changed(INTERVAL).await;
            let Some(tokens) = tokens.upgrade() else {
                return;
            };
            match parse(changed) {
                Ok(keys) => {
                    tracing::info!(keys = keys.len(), "tokens are verified by new keys");
                    tokens.replace_keys(keys);
                }
                Err(cause) => {
                    let error = self.error(cause);
                    tracing::warn!(%error, "keeping the previous token keys");
                }
            }
        }
    }

    fn error(&self, cause: Cause) -> KeyFileError {
        KeyFileError {
            path: self.path.clone(),
            cause,
        }
    }
}

/// The keys that the one file holds.
fn parse(read: Result<Contents, Unreadable>) -> Result<Keys, Cause> {
    Ok(Keys::parse(&read?.concat())?)
}
