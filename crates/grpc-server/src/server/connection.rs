//! One connection, from its first byte to its end.

use std::convert::Infallible;
use std::fmt::Display;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use grpc_telemetry::rpc::PeerAddress;
use http::Extensions;
use kitex_codec::{Protocol, Sniffed};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;

use super::admission::AdmittedConnection;
use super::byte_budget::HeldBytes;
use super::first_bytes::Rewound;
use super::guard::FloodGuard;
use super::http1::{Http1, Http1Body};
use super::http2::Http2;
use super::protocols::{CallStarter, OtherConnection, OtherStream, Protocols};
use super::request_body::RequestBody;
use super::{ConnectionLimits, Shutdown};
use crate::call::{CLOSE_LINGER, ForcedShutdown, HttpService, PeerIdentity};
use crate::tls::{Tls, close_gracefully};

/// What a connection runs on. The state of TLS is large, and not for those without it.
pub(super) type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// What the extensions of each request of one connection say.
#[derive(Clone, Debug)]
pub(super) struct Tags {
    peer: PeerAddress,
    identity: Option<PeerIdentity>,
    forced: ForcedShutdown,
}

impl Tags {
    pub(super) fn tag(&self, extensions: &mut Extensions) {
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
    /// The names in the peer's certificate, if it has one.
    identity: Option<PeerIdentity>,
    limits: Arc<ConnectionLimits>,
    admitted: Arc<AdmittedConnection>,
    stop: CancellationToken,
    /// Cancelled when its calls must end: by its own grace, or the server's.
    forced: CancellationToken,
}

impl Connection {
    pub(super) fn new(
        peer: SocketAddr,
        admitted: Arc<AdmittedConnection>,
        limits: &Arc<ConnectionLimits>,
        shutdown: &Shutdown,
    ) -> Self {
        Self {
            peer,
            identity: None,
            limits: Arc::clone(limits),
            admitted,
            stop: shutdown.stop.clone(),
            forced: shutdown.forced.child_token(),
        }
    }

    /// Agrees on TLS for `stream`, unless that fails, or the connection is evicted, or
    /// the server is to stop. Clients of other protocols than HTTP/2 offer none by ALPN.
    pub(super) async fn secure(
        &mut self,
        tls: &Tls,
        stream: TcpStream,
        may_omit_alpn: bool,
    ) -> Option<TlsStream<TcpStream>> {
        let accepting = tls.accept(stream, self.peer, self.limits.handshake, may_omit_alpn);
        let accepted = tokio::select! {
            accepted = self.stop.run_until_cancelled(accepting) => accepted,
            () = self.admitted.evicted() => None,
        };
        let (stream, identity) = accepted??;
        self.identity = identity;
        Some(stream)
    }

    /// Reads the first bytes of `stream`. The protocol is one that is served; a connection of any
    /// other is closed without a reset.
    pub(super) async fn sniff(
        &self,
        stream: &mut OtherStream,
        protocols: &Protocols,
    ) -> Option<Protocol> {
        let served = protocols.served(self.first_bytes(stream).await?);
        if served.is_none() {
            close_gracefully(stream).await;
        }
        served
    }

    /// What the first bytes of `stream` say, unless they take too long, or the connection is
    /// evicted, or the server is to stop; nothing is written before. They may be under way when
    /// the server stops.
    pub(super) async fn first_bytes(&self, stream: &mut OtherStream) -> Option<Sniffed> {
        let sniffing = timeout(self.limits.handshake, stream.sniff());
        let stopped = async {
            self.stop.cancelled().await;
            sleep(CLOSE_LINGER).await;
        };
        let sniffed = tokio::select! {
            sniffed = sniffing => sniffed,
            () = self.admitted.evicted() => return None,
            () = stopped => return None,
        };
        sniffed.ok()?.ok()
    }

    /// Lets the handler of `protocols` serve a connection that does not speak HTTP/2.
    pub(super) async fn serve_other(
        &self,
        protocol: Protocol,
        stream: OtherStream,
        protocols: &Protocols,
    ) {
        let leave = CancellationToken::new();
        let serving = protocols.serve(OtherConnection {
            protocol,
            stream,
            peer: self.peer,
            identity: self.identity.clone(),
            leave: leave.clone(),
            calls: CallStarter {
                tags: self.tags(),
                limits: Arc::clone(&self.limits),
                open: self.admitted.calls().clone(),
            },
        });
        let serving = pin!(serving.map(Ok::<_, Infallible>));
        self.last(serving, leave, || true).await;
    }

    /// Serves `service` over HTTP/2 on `stream` until the peer leaves, or until it is idle,
    /// old, evicted, or the server stops. Then the peer gets GOAWAY, and its calls may
    /// finish; those that don't in time are terminated with a status, and the connection closes.
    pub(super) async fn serve<S: HttpService<RequestBody>>(
        &self,
        stream: Rewound<Stream>,
        service: S,
    ) {
        let leave = CancellationToken::new();
        let mut http2 = Http2 {
            service,
            tags: self.tags(),
            calls: self.admitted.calls().clone(),
            limits: Arc::clone(&self.limits),
            leave: leave.clone(),
        };
        let held = HeldBytes::none_of(self.admitted.calls().byte_budget());
        // Boxed, like what follows pinned or by reference: each `async` function has two places for an argument.
        let guarded = Box::new(FloodGuard::new(stream, self.limits.handshake, held));
        let activity = guarded.activity();
        let serving = pin!(http2.serve(guarded));
        self.last(serving, leave, || activity.is_open()).await;
    }

    /// The same over HTTP/1.1.
    pub(super) async fn serve_http1<T, S>(&self, stream: T, service: S)
    where
        T: AsyncRead + AsyncWrite + Unpin,
        S: HttpService<Http1Body>,
    {
        let leave = CancellationToken::new();
        let http1 = Http1 {
            service,
            tags: self.tags(),
            calls: self.admitted.calls().clone(),
            limits: Arc::clone(&self.limits),
            leave: leave.clone(),
        };
        let serving = pin!(http1.serve(stream));
        self.last(serving, leave, || true).await;
    }

    /// Drives `serving` until the connection has to close, and closes it.
    async fn last<E: Display>(
        &self,
        mut serving: Pin<&mut impl Future<Output = Result<(), E>>>,
        leave: CancellationToken,
        is_there: impl Fn() -> bool,
    ) {
        // In a set, which polls it when it was woken, not at each turn of the connection: it waits for four things.
        let mut until_leaving = FuturesUnordered::from_iter([Box::pin(self.until_leaving())]);
        let leaving = tokio::select! {
            // A request that comes while the server stops is to be told that it is the last one.
            biased;
            Some(leaving) = until_leaving.next() => leaving,
            ended = serving.as_mut() => return self.ended(ended),
        };
        drop(until_leaving);
        tracing::debug!(peer = %self.peer, leaving, "closing connection");
        // Boxed: it would have its place from the beginning.
        Box::pin(self.close(serving, leave, is_there)).await;
    }

    /// Closes the connection; `leave` announces that to the peer, if it is still connected.
    async fn close<E: Display>(
        &self,
        mut serving: Pin<&mut impl Future<Output = Result<(), E>>>,
        leave: CancellationToken,
        is_there: impl Fn() -> bool,
    ) {
        let is_unused = || !is_there() && self.admitted.calls().started() == 0;
        if is_unused() {
            // The first request may be under way.
            tokio::select! {
                ended = serving.as_mut() => return self.ended(ended),
                () = self.admitted.evicted() => {}
                () = sleep(CLOSE_LINGER) => {}
            }
            if is_unused() {
                return;
            }
        }
        leave.cancel();
        tokio::select! {
            ended = serving.as_mut() => return self.ended(ended),
            () = self.until_forced() => {}
        }
        self.forced.cancel();
        // Another connection has the slot of an evicted one.
        let linger = match self.admitted.is_evicted() {
            true => Duration::ZERO,
            false => CLOSE_LINGER,
        };
        if let Ok(ended) = timeout(linger, serving).await {
            self.ended(ended);
        }
    }

    fn tags(&self) -> Tags {
        Tags {
            peer: PeerAddress::new(self.peer),
            identity: self.identity.clone(),
            forced: ForcedShutdown::new(self.forced.clone()),
        }
    }

    /// Returns when the connection is to go, and why.
    async fn until_leaving(&self) -> &'static str {
        let idle = self.admitted.calls().idle(self.limits.idle);
        tokio::select! {
            () = self.admitted.evicted() => "another one needs its slot",
            () = self.stop.cancelled() => "the server stops",
            () = sleep(self.limits.spread_age()) => "it is old",
            () = idle => "it is idle",
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
            () = self.admitted.evicted() => {}
            () = self.forced.cancelled() => {}
            () = grace => {}
        }
    }

    fn ended(&self, result: Result<(), impl Display>) {
        if let Err(error) = result {
            tracing::debug!(%error, peer = %self.peer, "a connection ended early");
        }
    }
}
