//! Reload on change: files whose content is polled.

use std::collections::hash_map::DefaultHasher;
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The largest file that is read, in bytes: far more than any chain of certificates,
/// set of keys or token has.
const MAX_BYTES: u64 = 1024 * 1024;

/// What the followed files hold, in the order of their paths. They may be secrets.
pub type Contents = Vec<Vec<u8>>;

/// A followed file cannot be read, or is longer than 1 MiB.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {cause}", path.display())]
pub struct Unreadable {
    /// The file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub cause: io::Error,
}

/// Polls files and reports when the content of one of them has changed.
///
/// The content counts and not the time of modification: a mounted volume of Kubernetes
/// changes by a symbolic link that then leads elsewhere. Only a hash of it is kept.
#[derive(Clone, Debug)]
pub struct FileFollower {
    paths: Vec<PathBuf>,
    settles: bool,
    /// The hash of what the last reading came to; `None` before the first.
    last: Option<u64>,
    /// That of the reading that was last reported.
    reported: Option<u64>,
}

impl FileFollower {
    /// A follower of `paths`, which reports a change at the first reading that sees it.
    pub fn new(paths: Vec<PathBuf>) -> Self {
        Self {
            paths,
            settles: false,
            last: None,
            reported: None,
        }
    }

    /// Reports a change once two readings in a row see the same, so that files which are
    /// written one after the other, such as a certificate and its key, are read as one.
    #[must_use]
    pub fn settled(mut self) -> Self {
        self.settles = true;
        self
    }

    /// Reads the files now; only what differs from this is a change.
    ///
    /// # Errors
    /// When one of them cannot be read; being readable is a change then.
    pub fn read(&mut self) -> Result<Contents, Unreadable> {
        let read = read_all(&self.paths);
        self.last = Some(hash(&read));
        self.reported = self.last;
        read
    }

    /// Reads the files now and returns what they hold if that has changed. A file that can't
    /// be read is reported once, and again when the cause is another. What they hold when they are readable again is reported too,
    /// even if it is what it was before. Blocks for as long as the files take to read.
    pub fn poll(&mut self) -> Option<Result<Contents, Unreadable>> {
        let read = read_all(&self.paths);
        self.judge(read)
    }

    /// Polls every `interval` until there is a change. Cancel safe; runs inside tokio, and
    /// reads on one of its blocking threads.
    ///
    /// # Errors
    /// When the change is that one of the files cannot be read any more.
    pub async fn changed(&mut self, interval: Duration) -> Result<Contents, Unreadable> {
        loop {
            tokio::time::sleep(interval).await;
            let paths = self.paths.clone();
            let reading = tokio::task::spawn_blocking(move || read_all(&paths));
            let read = match reading.await {
                Ok(read) => read,
                // Only while the runtime ends, and with it the task that waits here.
                Err(_) => std::future::pending().await,
            };
            if let Some(change) = self.judge(read) {
                return change;
            }
        }
    }

    fn judge(
        &mut self,
        read: Result<Contents, Unreadable>,
    ) -> Option<Result<Contents, Unreadable>> {
        let seen = Some(hash(&read));
        let last = std::mem::replace(&mut self.last, seen);
        if seen == self.reported || (self.settles && seen != last) {
            return None;
        }
        self.reported = seen;
        Some(read)
    }
}

/// A hash of what the files hold, or of why and which of them can't be read.
fn hash(read: &Result<Contents, Unreadable>) -> u64 {
    let mut hasher = DefaultHasher::new();
    let read = read
        .as_ref()
        .map_err(|error| (&error.path, error.cause.kind()));
    read.hash(&mut hasher);
    hasher.finish()
}

fn read_all(paths: &[PathBuf]) -> Result<Contents, Unreadable> {
    let read = |path: &PathBuf| {
        read_one(path).map_err(|cause| Unreadable {
            path: path.clone(),
            cause,
        })
    };
    paths.iter().map(read).collect()
}

fn read_one(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let bytes = File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_end(&mut content)?;
    if bytes as u64 > MAX_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is longer than 1 MiB",
        ));
    }
    Ok(content)
}

#[cfg(test)]
mod tests;
