//! The connections to one backend over HTTP/2.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tonic::transport::Channel;

use super::http2::Http2Endpoint;

/// The connections to a backend, one for each runtime that calls it. A runtime that calls over the connection
/// of another one wakes a thread for each request, and is woken for each response, which costs
/// more than the rest of a call. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    endpoint: Box<Http2Endpoint>,
    of_runtimes: Arc<Mutex<HashMap<Id, Channel>>>,
}

impl Connections {
    /// Those to the server of `endpoint`, made with their first calls.
    pub(super) fn new(endpoint: Box<Http2Endpoint>) -> Self {
        Self {
            endpoint,
            of_runtimes: Arc::default(),
        }
    }

    /// The same, of which the current runtime has `channel`. Runs inside tokio.
    pub(super) fn with(endpoint: Box<Http2Endpoint>, channel: Channel) -> Self {
        let of_runtimes = HashMap::from([(Handle::current().id(), channel)]);
        Self {
            endpoint,
            of_runtimes: Arc::new(Mutex::new(of_runtimes)),
        }
    }

    /// How long the server may be silent on a new connection.
    pub(super) fn connect_timeout(&self) -> Duration {
        self.endpoint.connect_timeout()
    }

    /// The connection of the current runtime. Runs inside tokio.
    pub(super) fn current(&self) -> Channel {
        let mut channels = self
            .of_runtimes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let channel = channels.entry(Handle::current().id());
        channel
            .or_insert_with(|| self.endpoint.connect_lazy())
            .clone()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use tokio::runtime::Builder;
    use tonic::transport::Endpoint;

    use super::*;

    #[test]
    fn each_runtime_has_one_connection() {
        let endpoint = Endpoint::from_static("http://[::1]:1");
        let endpoint = Http2Endpoint::new(endpoint, Duration::from_secs(1));
        let connections = Connections::new(Box::new(endpoint));
        let runtimes = [(); 2].map(|()| Builder::new_current_thread().enable_all().build());
        let runtimes = runtimes.map(Result::unwrap);
        for runtime in &runtimes {
            for clone in [connections.clone(), connections.clone()] {
                runtime.block_on(async { drop(clone.current()) });
            }
        }
        assert_eq!(connections.of_runtimes.lock().unwrap().len(), 2);
    }
}
