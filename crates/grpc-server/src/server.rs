//! Connections: accepts them within limits, speaks HTTP/2 on them, each on one of
//! the [`Workers`], and drains them when it stops.

mod accept;
mod admission;
mod connection;
mod frames;
mod guard;
mod http2;
mod limits;
mod open_calls;
mod workers;

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use prost::bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use self::accept::Acceptor;
use self::admission::Admission;
use self::connection::Connection;
pub use self::http2::RequestBody;
pub use self::limits::ConnectionLimits;
pub use self::workers::Workers;
use crate::call::{BoxError, CLOSE_LINGER};
use crate::tls::Tls;

/// How a server stops.
#[derive(Clone, Debug)]
pub struct Shutdown {
    /// Cancelled when it is to stop: no new connections, and GOAWAY on the others.
    pub stop: CancellationToken,
    /// The grace period: how long calls in flight may take to finish then.
    grace: Duration,
    /// Cancelled by the server at the end of the grace period: the calls left are terminated.
    forced: CancellationToken,
}

impl Shutdown {
    /// A shutdown that begins when its `stop` is cancelled and has a grace period of `grace`.
    pub fn new(grace: Duration) -> Self {
        Self {
            stop: CancellationToken::new(),
            grace,
            forced: CancellationToken::new(),
        }
    }
}

/// A server of one `service`, such as [`stack`](crate::stack) makes, on one listener.
pub struct Server<S> {
    listener: TcpListener,
    service: S,
    limits: ConnectionLimits,
    tls: Option<Arc<Tls>>,
    workers: Option<Arc<Workers>>,
}

impl<S> Server<S> {
    /// A server without TLS, on the current runtime.
    pub fn new(listener: TcpListener, service: S, limits: ConnectionLimits) -> Self {
        Self {
            listener,
            service,
            limits,
            tls: None,
            workers: None,
        }
    }

    /// Serves over TLS, if there is `tls`.
    #[must_use]
    pub fn with_tls(mut self, tls: Option<Arc<Tls>>) -> Self {
        self.tls = tls;
        self
    }

    /// Serves connections on the threads of `workers`, instead of the current runtime.
    #[must_use]
    pub fn with_workers(mut self, workers: Arc<Workers>) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Serves until `shutdown`, then lets the calls in flight finish. Returns how many
    /// connections still had any at the end of the grace period. Runs inside tokio.
    pub async fn serve<B>(self, shutdown: Shutdown) -> usize
    where
        S: Service<
                Request<RequestBody>,
                Response = Response<B>,
                Future: Send,
                Error: Into<BoxError>,
            > + Clone
            + Send
            + 'static,
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let connections = TaskTracker::new();
        self.accept(&connections, &shutdown).await;
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
    async fn accept<B>(&self, connections: &TaskTracker, shutdown: &Shutdown)
    where
        S: Service<
                Request<RequestBody>,
                Response = Response<B>,
                Future: Send,
                Error: Into<BoxError>,
            > + Clone
            + Send
            + 'static,
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let admission = Admission::new(self.limits.total, self.limits.per_address);
        let admission = Arc::new(admission);
        let mut acceptor = Acceptor::new(&self.listener);
        while let Some((stream, peer)) = shutdown.stop.run_until_cancelled(acceptor.next()).await {
            let Some(place) = admission.admit(peer.ip()) else {
                accept::turn_away(stream, peer);
                continue;
            };
            let connection = Connection::new(peer, &self.limits, shutdown);
            let (tls, service) = (self.tls.clone(), self.service.clone());
            let served = async move |stream| {
                serve_one(connection, stream, tls, service).await;
                drop(place);
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
}

/// Serves one connection. A handshake is given up when the server is to stop: no
/// call has come yet.
async fn serve_one<S, B>(
    mut connection: Connection,
    stream: TcpStream,
    tls: Option<Arc<Tls>>,
    service: S,
) where
    S: Service<Request<RequestBody>, Response = Response<B>, Future: Send, Error: Into<BoxError>>
        + Clone
        + Send
        + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    // Small frames must not wait for one another. A socket that can't do it still works.
    let _ = stream.set_nodelay(true);
    let stream = match tls {
        None => Either::Left(stream),
        // Boxed, to be given back when it is over.
        Some(tls) => match Box::pin(connection.secure(&tls, stream)).await {
            Some(stream) => Either::Right(Box::new(stream)),
            None => return,
        },
    };
    // Boxed: each function around would have a place for all of it.
    Box::pin(connection.serve(stream, service)).await;
}

/// Whether all `connections` ended within `limit`.
async fn finish(connections: &TaskTracker, limit: Duration) -> bool {
    tokio::time::timeout(limit, connections.wait())
        .await
        .is_ok()
}
