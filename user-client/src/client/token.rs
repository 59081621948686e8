//! The token that goes with each call.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::{Request, Status};

use super::server::Server;
use crate::args::Access;
use crate::failure::Failure;

/// How long what was read of a file is used without a look at it.
const FRESH: Duration = Duration::from_secs(1);

/// The value of a header.
type Bearer = MetadataValue<Ascii>;

/// What a client shows of itself: a token, or nothing. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Token(Option<Arc<Source>>);

/// Where the token is.
enum Source {
    Given(Bearer),
    File { path: PathBuf, read: Mutex<Read> },
}

/// The token as it was in its file.
struct Read {
    at: Instant,
    bearer: Bearer,
}

impl Token {
    /// The token that `access` names, to be sent to `server`.
    ///
    /// # Errors
    /// When it can't be read or be one, or when it would go over the network in plain text.
    pub fn of(access: &Access, server: &Server) -> Result<Self, Failure> {
        let source = match (&access.token_file, &access.token) {
            (None, None) => return Ok(Self::default()),
            (Some(path), _) => Source::File {
                path: path.clone(),
                read: Mutex::new(Read {
                    at: Instant::now(),
                    bearer: of_file(path).map_err(|cause| unreadable(path, &cause))?,
                }),
            },
            (None, Some(token)) => Source::Given(bearer(token.expose()).ok_or_else(|| {
                Failure::new("what --token gives is no token: one has visible characters only")
            })?),
        };
        if !access.plaintext_token && !server.is_private() {
            return Err(Failure::new(format!(
                "the token would go to {server} in plain text; use https://, or --plaintext-token if nobody on the way can listen"
            )));
        }
        Ok(Self(Some(Arc::new(source))))
    }
}

impl Source {
    fn bearer(&self) -> Bearer {
        match self {
            Self::Given(bearer) => bearer.clone(),
            Self::File { path, read } => {
                let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
                if read.at.elapsed() >= FRESH {
                    read.at = Instant::now();
                    // While it is being replaced, the one from before is as good as any.
                    if let Ok(bearer) = of_file(path) {
                        read.bearer = bearer;
                    }
                }
                read.bearer.clone()
            }
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(source) = &self.0 {
            let metadata = request.metadata_mut();
            metadata.insert("authorization", source.bearer());
        }
        Ok(request)
    }
}

fn of_file(path: &Path) -> io::Result<Bearer> {
    let text = std::fs::read_to_string(path)?;
    let no_token = || io::Error::new(io::ErrorKind::InvalidData, "it holds no token");
    bearer(text.trim()).ok_or_else(no_token)
}

fn unreadable(path: &Path, cause: &io::Error) -> Failure {
    let path = path.display();
    Failure::new(format!(
        "cannot read a token from {path}: {cause}; correct --token-file"
    ))
}

/// The header for `token`, if that can be one.
fn bearer(token: &str) -> Option<Bearer> {
    if token.is_empty() || !token.bytes().all(|it| it.is_ascii_graphic()) {
        return None;
    }
    let mut bearer: Bearer = format!("Bearer {token}").parse().ok()?;
    // No Debug of a request shows it.
    bearer.set_sensitive(true);
    Some(bearer)
}

#[cfg(test)]
mod tests;
