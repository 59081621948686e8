//! The file of keys, read again when it changes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;
use std::{fs, io};

use super::keys::{Keys, KeysError};
use super::tokens::Tokens;

/// How often the file is looked at. Its content counts, not its time: a volume
/// of Kubernetes changes by a link that then leads elsewhere.
const INTERVAL: Duration = Duration::from_secs(1);

/// Why a file of keys is of no use.
#[derive(Debug, thiserror::Error)]
#[error("the keys in {} can't be used: {cause}; correct the file, or AUTH_JWKS_FILE", path.display())]
pub struct KeyFileError {
    path: PathBuf,
    cause: Cause,
}

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error(transparent)]
    Read(#[from] io::Error),
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// A file, and what it held when it was last read.
pub(super) struct KeyFile {
    path: PathBuf,
    content: Vec<u8>,
}

impl KeyFile {
    /// Reads the file for the first time.
    pub(super) fn open(path: &Path) -> Result<(Self, Keys), KeyFileError> {
        let mut file = Self {
            path: path.to_owned(),
            content: Vec::new(),
        };
        let keys = file.read().and_then(|()| Ok(Keys::parse(&file.content)?));
        let keys = keys.map_err(|cause| file.error(cause))?;
        Ok((file, keys))
    }

    /// Keeps the keys of `tokens` at what the file holds, until they are gone.
    pub(super) async fn follow(mut self, tokens: Weak<Tokens>) {
        let mut is_missing = false;
        loop {
            tokio::time::sleep(INTERVAL).await;
            let Some(tokens) = tokens.upgrade() else {
                return;
            };
            let path = self.path.clone();
            let Ok(read) = tokio::task::spawn_blocking(move || fs::read(path)).await else {
                return;
            };
            match read {
                Ok(content) if content == self.content => is_missing = false,
                Ok(content) => {
                    is_missing = false;
                    self.content = content;
                    self.take_over(&tokens);
                }
                Err(cause) if !is_missing => {
                    is_missing = true;
                    self.kept(cause.into());
                }
                Err(_) => {}
            }
        }
    }

    fn take_over(&self, tokens: &Arc<Tokens>) {
        match Keys::parse(&self.content) {
            Ok(keys) => {
                tracing::info!(keys = keys.len(), "tokens are verified by new keys");
                tokens.replace_keys(keys);
            }
            Err(cause) => self.kept(cause.into()),
        }
    }

    fn kept(&self, cause: Cause) {
        let error = self.error(cause);
        tracing::warn!(%error, "the keys from before go on to verify tokens");
    }

    fn read(&mut self) -> Result<(), Cause> {
        self.content = fs::read(&self.path)?;
        Ok(())
    }

    fn error(&self, cause: Cause) -> KeyFileError {
        KeyFileError {
            path: self.path.clone(),
            cause,
        }
    }
}
