//! HTTP/1.1 and HTTP/2 on one port, for browsers and whatever else speaks HTTP.

use http::Request;
use kitex_codec::{Protocol, Sniffed};
use tokio::net::TcpStream;
use tokio_util::either::Either;
use tonic::body::Body;
use tower::ServiceExt;

use super::connection::Connection;
use super::first_bytes::Rewound;
use super::{Server, Shutdown};
use crate::call::HttpService;

impl<S> Server<S> {
    /// Serves HTTP/1.1 and HTTP/2 with prior knowledge (h2c), without TLS, until `shutdown`; then lets the
    /// requests in flight finish. Returns how many connections still had any at the end of the grace
    /// period. Runs inside tokio.
    ///
    /// A request beyond the limits of open calls has [`TooManyStreams`](crate::TooManyStreams) in its
    /// extensions, and is to be refused by the service.
    pub async fn serve_web(self, shutdown: Shutdown) -> usize
    where
        S: HttpService<Body>,
    {
        let service = self.service.clone();
        let serve = move |connection: Box<Connection>, stream| {
            // Boxed: each function around would have a place for all of it.
            Box::pin(serve_one(connection, stream, service.clone()))
        };
        self.listening().serve(shutdown, serve).await
    }
}

/// Serves one connection by the version that its first bytes have.
async fn serve_one<S: HttpService<Body>>(
    connection: Box<Connection>,
    stream: TcpStream,
    service: S,
) {
    // Small frames must not wait for one another. A socket that can't do it still works.
    let _ = stream.set_nodelay(true);
    let mut stream = Rewound::new(Either::Left(stream));
    let Some(first) = connection.first_bytes(&mut stream).await else {
        return;
    };
    match first {
        Sniffed::Protocol(Protocol::Http2) => {
            let service = service.map_request(|request: Request<_>| request.map(Body::new));
            Box::pin(connection.serve(stream, service)).await;
        }
        // What is not HTTP at all gets a response of HTTP/1.1 too.
        _ => {
            let service = service.map_request(|request: Request<_>| request.map(Body::new));
            Box::pin(connection.serve_http1(stream, service)).await;
        }
    }
}
