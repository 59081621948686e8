//! Connections: accepts them within limits, speaks HTTP/2 on them, each on one of
//! the [`Workers`], and lets them go in good order.

mod accept;
mod admission;
mod calls;
mod connection;
mod frames;
mod guard;
mod limits;
pub mod tls;
mod workers;

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use self::accept::Acceptor;
pub use self::admission::Admission;
use self::connection::Connection;
pub use self::limits::Limits;
use self::tls::Tls;
pub use self::workers::Workers;
use crate::transport::BoxError;

/// How long the callers of calls that are cut off get to hear of it.
const FAREWELL: Duration = Duration::from_millis(500);

/// How a server stops.
#[derive(Clone, Debug)]
pub struct Shutdown {
    /// Cancelled when it is to stop: no new connections, and GOAWAY on the others.
    pub stop: CancellationToken,
    /// How long calls in flight may go on then.
    pub grace: Duration,
    /// Cancelled by the server when that time is over: the calls left end at once.
    pub grace_over: CancellationToken,
}

/// Serves `service` on `listener` with `workers`, over TLS if there is `tls`, until it is
/// to stop, then lets the calls in flight finish. Answers how many connections still had
/// any when the grace was over.
pub async fn serve<S, B>(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    service: S,
    workers: Arc<Workers>,
    admission: Arc<Admission>,
    limits: Limits,
    shutdown: Shutdown,
) -> usize
where
    S: Service<Request<Incoming>, Response = Response<B>, Future: Send, Error: Into<BoxError>>
        + Clone
        + Send
        + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let connections = TaskTracker::new();
    let mut acceptor = Acceptor::new(listener);
    while let Some((stream, peer)) = shutdown.stop.run_until_cancelled(acceptor.next()).await {
        let Some(place) = admission.admit(peer.ip()) else {
            accept::turn_away(stream, peer);
            continue;
        };
        let connection = Connection::new(peer, &limits, &shutdown);
        let (tls, service) = (tls.clone(), service.clone());
        let spawned = workers.spawn(&connections, stream, async move |stream| {
            serve_one(connection, stream, tls, service).await;
            drop(place);
        });
        if let Err(error) = spawned {
            tracing::debug!(%error, %peer, "a connection was lost before it was served");
        }
    }
    // From here on the port refuses, so that callers go elsewhere at once.
    drop(acceptor);
    connections.close();
    if finish(&connections, shutdown.grace).await {
        return 0;
    }
    let left = connections.len();
    shutdown.grace_over.cancel();
    // Each of them closes by itself after its farewell.
    finish(&connections, 2 * FAREWELL).await;
    left
}

/// Serves one connection. A handshake is given up when the server is to stop: no
/// call has come yet.
async fn serve_one<S, B>(
    mut connection: Connection,
    stream: TcpStream,
    tls: Option<Arc<Tls>>,
    service: S,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Future: Send, Error: Into<BoxError>>
        + Clone
        + Send
        + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
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
