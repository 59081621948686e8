//! Connections: accepts them, speaks HTTP/2 on them, and lets them go in good order.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use telemetry::rpc::PeerAddress;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Service, ServiceBuilder};

use crate::transport::BoxError;

/// Calls that one connection may have open at a time.
const MAX_CONCURRENT_STREAMS: u32 = 200;
/// What a caller may send ahead, in bytes, on one stream and on all of a connection:
/// enough for the next batch of a stream while one is being stored.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// How often a silent peer is asked whether it is there, and how long it may take to answer.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long accepting rests after it failed, for instance without a free file descriptor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

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

/// Serves `service` on `listener` until it is to stop, then lets the calls in
/// flight finish. Answers how many connections still had any when the grace was over.
pub async fn serve<S, B>(listener: TcpListener, service: S, shutdown: Shutdown) -> usize
where
    S: Service<Request<Incoming>, Response = Response<B>, Future: Send, Error: Into<BoxError>>
        + Clone
        + Send
        + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let connections = TaskTracker::new();
    let stop = &shutdown.stop;
    while let Some((stream, peer)) = accept(&listener, stop).await {
        connections.spawn(serve_connection(
            stream,
            peer,
            service.clone(),
            stop.clone(),
        ));
    }
    // From here on the port refuses, so that callers go elsewhere at once.
    drop(listener);
    connections.close();
    if tokio::time::timeout(shutdown.grace, connections.wait())
        .await
        .is_ok()
    {
        return 0;
    }
    let left = connections.len();
    shutdown.grace_over.cancel();
    let _ = tokio::time::timeout(FAREWELL, connections.wait()).await;
    left
}

/// The next connection; `None` once `stop` was asked for.
async fn accept(
    listener: &TcpListener,
    stop: &CancellationToken,
) -> Option<(TcpStream, SocketAddr)> {
    loop {
        let accepted = stop.run_until_cancelled(listener.accept()).await?;
        match accepted {
            Ok(connection) => return Some(connection),
            Err(error) => rest_after(&error).await,
        }
    }
}

async fn rest_after(error: &io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

async fn serve_connection<S, B>(
    stream: TcpStream,
    peer: SocketAddr,
    service: S,
    stop: CancellationToken,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Future: Send, Error: Into<BoxError>>
        + Clone
        + Send
        + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    // Small frames must not wait for one another. A socket that can't do it still works.
    let _ = stream.set_nodelay(true);
    let service = ServiceBuilder::new()
        .map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(PeerAddress(peer));
            request
        })
        .service(service);
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_CONCURRENT_STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "a connection ended early");
    }
}
