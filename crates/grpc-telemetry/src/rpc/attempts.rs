//! The attempts of a call, of which a client makes more than one when it retries.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tonic::Code;

use super::methods::Method;

/// Counts and times the attempts of one call: `rpc.client.attempt.started` and
/// `rpc.client.attempt.duration`. [`ClientTraceLayer`](super::ClientTraceLayer) puts it into the
/// extensions of the request, for the service that makes the attempts. Clones share it.
///
/// An attempt that is still running when its call ends, ends with it, with the same code.
#[derive(Clone, Debug)]
pub struct Attempts(Arc<Running>);

#[derive(Debug)]
struct Running {
    method: Arc<Method>,
    /// When the attempt started that is running.
    since: Mutex<Option<Instant>>,
}

impl Attempts {
    pub(super) fn new(method: Arc<Method>) -> Self {
        let since = Mutex::default();
        Self(Arc::new(Running { method, since }))
    }

    /// An attempt starts.
    pub fn start(&self) {
        if let Some(metrics) = &self.0.method.attempts {
            metrics.start();
            self.replace(Some(Instant::now()));
        }
    }

    /// The attempt that is running, if any, ends with `code`.
    pub fn end(&self, code: Code) {
        if let (Some(metrics), Some(since)) = (&self.0.method.attempts, self.replace(None)) {
            metrics.end(code, since.elapsed());
        }
    }

    fn replace(&self, since: Option<Instant>) -> Option<Instant> {
        let mut running = self.0.since.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut running, since)
    }
}
