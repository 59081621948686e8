//! Connections: accepts them within limits, speaks HTTP/2 on them, each on one of
//! the [`Workers`], and drains them when it stops.

mod accept;
mod admission;
mod byte_budget;
mod connection;
mod first_bytes;
mod frames;
mod guard;
mod http1;
mod http2;
mod limits;
mod listening;
mod open_calls;
mod protocols;
mod request_body;
mod shared_count;
mod web;
mod workers;

use std::sync::Arc;
use std::time::Duration;

use kitex_codec::Protocol;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;

pub(crate) use self::byte_budget::ByteBudget;
pub use self::byte_budget::HeldBytes;
use self::connection::Connection;
pub use self::first_bytes::Rewound;
use self::http1::Http1Body;
pub use self::limits::{ConnectionLimits, Eviction};
use self::listening::Listening;
pub use self::protocols::{CallStarter, OtherConnection, OtherStream, Protocols};
pub use self::request_body::RequestBody;
pub use self::workers::Workers;
use crate::call::HttpService;
use crate::tls::Tls;

/// The headers of one request, in bytes. Beyond, HTTP/2 responds 431, which no
/// gRPC client understands; so the transport refuses much less, in gRPC's terms.
const MAX_HEADER_LIST: u32 = 128 * 1024;

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
    protocols: Option<Protocols>,
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
            protocols: None,
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

    /// Serves `protocols` instead of HTTP/2 alone. Then nothing is sent before the peer has
    /// sent its first bytes, for which it has the time of a handshake.
    #[must_use]
    pub fn with_protocols(mut self, protocols: Protocols) -> Self {
        self.protocols = Some(protocols);
        self
    }

    /// Serves until `shutdown`, then lets the calls in flight finish. Returns how many
    /// connections still had any at the end of the grace period. Runs inside tokio.
    pub async fn serve(self, shutdown: Shutdown) -> usize
    where
        S: HttpService<RequestBody>,
    {
        let (tls, protocols) = (self.tls.clone(), self.protocols.clone());
        let service = self.service.clone();
        let serve = move |connection, stream| {
            let (tls, protocols) = (tls.clone(), protocols.clone());
            serve_one(connection, stream, tls, protocols, service.clone())
        };
        self.listening().serve(shutdown, serve).await
    }

    /// The same over HTTP/1.1, without TLS: for machines that look after the service.
    pub(crate) async fn serve_http1(self, shutdown: Shutdown) -> usize
    where
        S: HttpService<Http1Body>,
    {
        let service = self.service.clone();
        let serve = move |connection: Box<Connection>, stream| {
            let service = service.clone();
            // Boxed: each function around would have a place for all of it.
            Box::pin(async move { connection.serve_http1(stream, service).await })
        };
        self.listening().serve(shutdown, serve).await
    }

    fn listening(self) -> Listening {
        Listening {
            listener: self.listener,
            limits: Arc::new(self.limits),
            workers: self.workers,
        }
    }
}

/// Serves one connection. A handshake is given up when the server is to stop: no
/// call has come yet.
async fn serve_one<S: HttpService<RequestBody>>(
    mut connection: Box<Connection>,
    stream: TcpStream,
    tls: Option<Arc<Tls>>,
    protocols: Option<Protocols>,
    service: S,
) {
    // Small frames must not wait for one another. A socket that can't do it still works.
    let _ = stream.set_nodelay(true);
    let stream = match tls {
        None => Either::Left(stream),
        // Boxed, to be given back when it is over.
        Some(tls) => match Box::pin(connection.secure(&tls, stream, protocols.is_some())).await {
            Some(stream) => Either::Right(Box::new(stream)),
            None => return,
        },
    };
    let mut stream = Rewound::new(stream);
    if let Some(protocols) = protocols {
        // Boxed, like what else is over before the connection is: it would have its place until then.
        match Box::pin(connection.sniff(&mut stream, &protocols)).await {
            Some(Protocol::Http2) => {}
            Some(other) => {
                return Box::pin(connection.serve_other(other, stream, &protocols)).await;
            }
            None => return,
        }
    }
    // Boxed: each function around would have a place for all of it.
    Box::pin(connection.serve(stream, service)).await;
}
