//! One loop that accepts, so that limits are counted in one slot.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use super::accept::{self, Acceptor};
use super::admission::Admission;
use super::connection::Connection;
use super::{ConnectionLimits, Shutdown, Workers};
use crate::call::CLOSE_LINGER;

/// A listener that serves connections within limits.
pub(super) struct Listening {
    pub(super) listener: TcpListener,
    pub(super) limits: Arc<ConnectionLimits>,
    /// What connections are served on; the current runtime if there are none.
    pub(super) workers: Option<Arc<Workers>>,
}

impl Listening {
    /// Lets `serve` serve each connection until `shutdown`, then lets them finish. Returns
    /// how many were left at the end of the grace period.
    pub(super) async fn serve<F>(
        self,
        shutdown: Shutdown,
        serve: impl Fn(Box<Connection>, TcpStream) -> F + Clone + Send + 'static,
    ) -> usize
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let connections = TaskTracker::new();
        self.accept(&connections, &shutdown, serve).await;
        // From here on the port refuses, so that callers fail over at once.
        drop(self);
        connections.close();
        if finish(&connections, shutdown.grace).await {
            return 0;
        }
        let left = connections.len();
        shutdown.forced.cancel();
        // Each of them closes by itself after it has lingered.
        finish(&connections, 2 * CLOSE_LINGER).await;
        left
    }

    /// Accepts `connections` until `shutdown`.
    async fn accept<F>(
        &self,
        connections: &TaskTracker,
        shutdown: &Shutdown,
        serve: impl Fn(Box<Connection>, TcpStream) -> F + Clone + Send + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let admission = Arc::new(Admission::new(&self.limits));
        let mut acceptor = Acceptor::new(&self.listener);
        while let Some(accepted) = shutdown.stop.run_until_cancelled(acceptor.next()).await {
            self.start(accepted, &admission, connections, shutdown, &serve);
        }
        // Their peers are connected already, and would lose their first requests.
        for accepted in accept::queued(&self.listener) {
            self.start(accepted, &admission, connections, shutdown, &serve);
        }
    }

    /// Lets `serve` serve a connection as one of `connections`, if there is room for it.
    fn start<F>(
        &self,
        (stream, peer): (TcpStream, SocketAddr),
        admission: &Arc<Admission>,
        connections: &TaskTracker,
        shutdown: &Shutdown,
        serve: &(impl Fn(Box<Connection>, TcpStream) -> F + Clone + Send + 'static),
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let Some(slot) = admission.admit(peer.ip()) else {
            return accept::turn_away(stream, peer);
        };
        // Boxed, as each function around has a place for it.
        let connection = Connection::new(peer, slot.admitted(), &self.limits, shutdown);
        let connection = Box::new(connection);
        let serve = serve.clone();
        let served = async move |stream| {
            serve(connection, stream).await;
            drop(slot);
        };
        let spawned = match &self.workers {
            Some(workers) => workers.spawn(connections, stream, served),
            None => {
                connections.spawn(served(stream));
                Ok(())
            }
        };
        if let Err(error) = spawned {
            tracing::debug!(%error, %peer, "a connection was lost before it was served");
        }
    }
}

/// Whether all `connections` ended within `limit`.
async fn finish(connections: &TaskTracker, limit: Duration) -> bool {
    tokio::time::timeout(limit, connections.wait())
        .await
        .is_ok()
}
