//! One connection, from its first byte to its end.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use grpc_telemetry::rpc::PeerAddress;
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::{Service as HttpService, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use super::guard::Guarded;
use super::open_calls::OpenCalls;
use super::{ConnectionLimits, Shutdown};
use crate::call::{BoxError, CLOSE_LINGER, ForcedShutdown, PeerIdentity};
use crate::tls::Tls;

/// What a connection runs on. The state of TLS is large, and not for those without it.
pub(super) type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// What a caller may send ahead, in bytes, on one stream and on all of a connection:
/// enough for the next batch of a stream while one is being stored.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// How often a silent peer is asked whether it is there, and how long it may take to answer.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// The headers of one request, in bytes. Beyond, HTTP/2 answers 431, which no
/// gRPC client understands; so the transport refuses much less, in gRPC's terms.
const MAX_HEADER_LIST: u32 = 128 * 1024;

/// What the extensions of each request of one connection say.
#[derive(Clone)]
struct Tags {
    peer: PeerAddress,
    identity: Option<PeerIdentity>,
    forced: ForcedShutdown,
}

impl Tags {
    fn tag<B>(&self, request: &mut Request<B>) {
        let extensions = request.extensions_mut();
        extensions.insert(self.peer.clone());
        extensions.insert(self.forced.clone());
        if let Some(identity) = &self.identity {
            extensions.insert(identity.clone());
        }
    }
}

/// What one connection needs to know.
pub(super) struct Connection {
    peer: SocketAddr,
    /// Whom the peer's certificate names, if it has one.
    identity: Option<PeerIdentity>,
    limits: ConnectionLimits,
    stop: CancellationToken,
    /// Cancelled when its calls must end: by its own grace, or the server's.
    forced: CancellationToken,
}

impl Connection {
    pub(super) fn new(peer: SocketAddr, limits: &ConnectionLimits, shutdown: &Shutdown) -> Self {
        Self {
            peer,
            identity: None,
            limits: limits.clone(),
            stop: shutdown.stop.clone(),
            forced: shutdown.forced.child_token(),
        }
    }

    /// Agrees on TLS for `stream`, unless that fails or the server is to stop.
    pub(super) async fn secure(
        &mut self,
        tls: &Tls,
        stream: TcpStream,
    ) -> Option<TlsStream<TcpStream>> {
        let accepting = tls.accept(stream, self.peer, self.limits.handshake);
        let accepted = self.stop.run_until_cancelled(accepting).await;
        let (stream, identity) = accepted??;
        self.identity = identity;
        Some(stream)
    }

    /// Serves `service` on `stream` until the peer leaves, or until it is idle,
    /// old, or the server stops. Then the peer is told (GOAWAY) and its calls may
    /// finish; those that don't in time are answered, and the connection closes.
    pub(super) async fn serve<S, B>(self, stream: Stream, service: S)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Future: Send, Error: Into<BoxError>>
            + Clone
            + Send
            + 'static,
        B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        let calls = OpenCalls::default();
        let service = tagged(service, self.tags(), calls.clone());
        let guarded = Guarded::new(stream, self.limits.handshake);
        let opened = guarded.opened();
        let connection = http2(self.limits.streams);
        let connection = connection.serve_connection(TokioIo::new(guarded), service);
        let mut connection = pin!(connection);

        let leaving = tokio::select! {
            ended = connection.as_mut() => return self.ended(ended),
            leaving = self.until_leaving(&calls) => leaving,
        };
        tracing::debug!(peer = %self.peer, leaving, "closing connection");
        if !opened.get() && !calls.any() {
            // Nobody is there to be told.
            return;
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            ended = connection.as_mut() => return self.ended(ended),
            () = self.until_forced() => {}
        }
        self.forced.cancel();
        if let Ok(ended) = timeout(CLOSE_LINGER, connection).await {
            self.ended(ended);
        }
    }

    fn tags(&self) -> Tags {
        Tags {
            peer: PeerAddress::new(self.peer),
            identity: self.identity.clone(),
            forced: ForcedShutdown(self.forced.clone()),
        }
    }

    /// Returns when the connection is to go, and why.
    async fn until_leaving(&self, calls: &OpenCalls) -> &'static str {
        tokio::select! {
            () = self.stop.cancelled() => "the server stops",
            () = sleep(self.limits.spread_age()) => "it is old",
            () = calls.idle(self.limits.idle) => "it is idle",
        }
    }

    /// Returns when the calls that are left have to end. While the server stops,
    /// its grace goes for all.
    async fn until_forced(&self) {
        let grace = async {
            sleep(self.limits.grace).await;
            if self.stop.is_cancelled() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = self.forced.cancelled() => {}
            () = grace => {}
        }
    }

    fn ended(&self, result: hyper::Result<()>) {
        if let Err(error) = result {
            tracing::debug!(%error, peer = %self.peer, "a connection ended early");
        }
    }
}

/// `service` for requests with `tags`, whose calls are counted in `calls`.
fn tagged<S, B>(
    service: S,
    tags: Tags,
    calls: OpenCalls,
) -> impl HttpService<
    Request<Incoming>,
    Response = Response<impl Body<Data: Send, Error: Into<BoxError>> + Send>,
    Error = S::Error,
    Future: Send,
>
where
    S: Service<Request<Incoming>, Response = Response<B>, Future: Send, Error: Into<BoxError>>
        + Clone
        + Send
        + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    service_fn(move |mut request: Request<Incoming>| {
        tags.tag(&mut request);
        let open = calls.start();
        // Boxed, to be given back while the response is a stream: the task of a call is
        // as large as what it ever awaits.
        let answered = Box::pin(service.clone().oneshot(request));
        async move {
            let response = answered.await?;
            // The call is open for as long as its body is there.
            Ok::<_, S::Error>(response.map(|body| {
                body.map_err(move |error| {
                    let _ = &open;
                    error
                })
            }))
        }
    })
}

/// HTTP/2 with at most `streams` concurrent calls on each connection.
fn http2(streams: u32) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(streams)
        // All its calls may be given up at once, before this end gets to see them.
        .max_pending_accept_reset_streams(streams as usize)
        .max_header_list_size(MAX_HEADER_LIST)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT);
    builder
}
