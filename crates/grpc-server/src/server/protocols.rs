//! Protocols beside HTTP/2 on one port.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::Extensions;
use kitex_codec::{Protocol, Sniffed};
use opentelemetry::metrics::Counter;
use tokio_util::sync::CancellationToken;

use super::ConnectionLimits;
use super::byte_budget::HeldBytes;
use super::connection::{Stream, Tags};
use super::first_bytes::Rewound;
use super::open_calls::OpenCalls;
use crate::call::PeerIdentity;
use crate::metrics::unrecognized_connections;

/// The stream of a connection that does not speak HTTP/2.
pub type OtherStream = Rewound<Stream>;

type Serving = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The protocols that a port serves, detected from the first bytes of each connection. HTTP/2 is
/// served by the service of the server, the others by a handler.
#[derive(Clone)]
pub struct Protocols {
    served: Arc<[Protocol]>,
    handler: Arc<dyn Fn(OtherConnection) -> Serving + Send + Sync>,
    unrecognized: Counter<u64>,
}

impl Protocols {
    /// The protocols in `served`. `handler` serves one connection of any of them but HTTP/2. All
    /// other connections are closed, and counted by a metric whose name begins with
    /// `metric_prefix`: start telemetry first.
    pub fn new<F: Future<Output = ()> + Send + 'static>(
        served: &[Protocol],
        metric_prefix: &'static str,
        handler: impl Fn(OtherConnection) -> F + Send + Sync + 'static,
    ) -> Self {
        Self {
            served: served.into(),
            handler: Arc::new(move |connection| Box::pin(handler(connection))),
            unrecognized: unrecognized_connections(metric_prefix),
        }
    }

    /// The protocol in `sniffed`, if it is served. A peer that sent too few bytes is not counted.
    pub(super) fn served(&self, sniffed: Sniffed) -> Option<Protocol> {
        match sniffed {
            Sniffed::NotYet => None,
            Sniffed::Protocol(protocol) if self.served.contains(&protocol) => Some(protocol),
            Sniffed::Protocol(_) | Sniffed::Unknown => {
                self.unrecognized.add(1, &[]);
                None
            }
        }
    }

    pub(super) fn serve(&self, connection: OtherConnection) -> Serving {
        (self.handler)(connection)
    }
}

/// A connection that does not speak HTTP/2. The future of its handler is dropped at the end of the
/// grace period.
#[derive(Debug)]
pub struct OtherConnection {
    /// The protocol of the connection.
    pub protocol: Protocol,
    /// All that the peer sends, from the first byte on; over TLS, after the handshake.
    pub stream: OtherStream,
    /// The peer's address.
    pub peer: SocketAddr,
    /// The identity in the peer's certificate, if it has one.
    pub identity: Option<PeerIdentity>,
    /// Cancelled when the peer is to leave: no further call is to be accepted, those in flight
    /// may finish.
    pub leave: CancellationToken,
    /// Starts the calls of the connection.
    pub calls: CallStarter,
}

/// Starts the calls of a connection that does not speak HTTP/2, within its limits.
#[derive(Debug)]
pub struct CallStarter {
    pub(super) tags: Tags,
    pub(super) limits: Arc<ConnectionLimits>,
    pub(super) open: OpenCalls,
}

impl CallStarter {
    /// Counts a call as in flight until the returned value is dropped, and adds to the `extensions`
    /// of its request what the middleware needs: peer, identity, shutdown, and the limit on open
    /// calls that it exceeds. `None` for a flood of such calls: close the connection. A connection
    /// without a call is closed when it is idle.
    pub fn start(&self, extensions: &mut Extensions) -> Option<impl Send + 'static + use<>> {
        let (call, excess) = self.open.start(&self.limits);
        self.tags.tag(extensions);
        let Some(excess) = excess else {
            return Some(call);
        };
        extensions.insert(excess.limit);
        (!excess.is_flood).then_some(call)
    }

    /// Counts the bytes that the connection holds of calls that have not started, within the budget
    /// of its address and of all. Close the connection that would exceed it.
    pub fn held_bytes(&self) -> HeldBytes {
        HeldBytes::none_of(self.open.byte_budget())
    }

    /// Maximum concurrent calls of the connection.
    pub fn max_concurrent(&self) -> usize {
        usize::try_from(self.limits.streams).unwrap_or(usize::MAX)
    }

    /// How long the peer may take for one frame, to send it or to read it.
    pub fn frame_timeout(&self) -> Duration {
        self.limits.handshake
    }
}
