//! The token that each attempt shows.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use grpc_common::FileFollower;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

use crate::error::Error;

/// How long what was read of a file is used without a look at it.
const FRESH: Duration = Duration::from_secs(1);

/// What a client shows of itself: a token, or nothing. Clones share it. Never shown.
#[derive(Clone, Debug, Default)]
pub struct Token(Option<Arc<TokenSource>>);

/// Where the token is.
enum TokenSource {
    Given(HeaderValue),
    File(Mutex<Followed>),
}

/// A token that is reloaded on change.
struct Followed {
    file: FileFollower,
    polled: Instant,
    bearer: HeaderValue,
}

impl Token {
    /// The token `text`.
    ///
    /// # Errors
    /// When it is empty, or has more than visible ASCII characters.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        let bearer = bearer(text).ok_or(Error::InvalidToken)?;
        Ok(Self(Some(Arc::new(TokenSource::Given(bearer)))))
    }

    /// The token in the file `path`, reloaded on change: within a second of use.
    ///
    /// # Errors
    /// When the file can't be read now, or holds no token.
    pub fn from_file(path: PathBuf) -> Result<Self, Error> {
        let mut file = FileFollower::new(vec![path.clone()]);
        let read = file.read().map_err(|error| error.cause);
        let bearer = read
            .and_then(|contents| in_file(&contents))
            .map_err(|cause| Error::UnreadableToken { path, cause })?;
        let followed = Followed {
            file,
            polled: Instant::now(),
            bearer,
        };
        Ok(Self(Some(Arc::new(TokenSource::File(Mutex::new(
            followed,
        ))))))
    }

    /// Whether there is one.
    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// Adds it to the headers of a request.
    pub(crate) fn authorize(&self, headers: &mut HeaderMap) {
        if let Some(source) = &self.0 {
            headers.insert(AUTHORIZATION, source.bearer());
        }
    }
}

impl TokenSource {
    fn bearer(&self) -> HeaderValue {
        match self {
            Self::Given(bearer) => bearer.clone(),
            Self::File(followed) => {
                let mut followed = followed.lock().unwrap_or_else(PoisonError::into_inner);
                followed.refresh();
                followed.bearer.clone()
            }
        }
    }
}

impl Followed {
    fn refresh(&mut self) {
        if self.polled.elapsed() < FRESH {
            return;
        }
        self.polled = Instant::now();
        // While the file is being replaced, the token from before is as good as any.
        if let Some(Ok(contents)) = self.file.poll()
            && let Ok(bearer) = in_file(&contents)
        {
            self.bearer = bearer;
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// The header for the token that `contents`, those of one file, are.
fn in_file(contents: &[Vec<u8>]) -> io::Result<HeaderValue> {
    let text = contents.first().map(|it| std::str::from_utf8(it));
    let found = text.and_then(|it| bearer(it.ok()?.trim()));
    found.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it holds no token"))
}

/// The header for `token`, if that can be one.
fn bearer(token: &str) -> Option<HeaderValue> {
    if token.is_empty() || !token.bytes().all(|it| it.is_ascii_graphic()) {
        return None;
    }
    let mut bearer = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    // No Debug of a request shows it.
    bearer.set_sensitive(true);
    Some(bearer)
}

#[cfg(test)]
mod tests;
