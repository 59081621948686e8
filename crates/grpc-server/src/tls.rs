//! TLS on connections: a certificate from files that may change at any time, and
//! clients that are who their certificates say.

mod certificate;
mod error;
mod files;
mod handshake;
mod identity;

use std::collections::HashSet;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use grpc_common::FileFollower;
use rustls::ServerConnection;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub use self::error::TlsError;
pub use self::files::Files;
use self::files::Material;
use self::handshake::HandshakeFailure;
pub use self::identity::Identity;
use crate::call::{CLOSE_LINGER, PeerIdentity};
use crate::metrics::{TlsEvents, observe_certificate};

/// How often the files are read.
const INTERVAL: Duration = Duration::from_millis(250);

/// The server's side of TLS.
pub struct Tls {
    files: Files,
    /// What was read at the start.
    follower: FileFollower,
    /// Clients that may call; all with a valid certificate if there is no list.
    listed: Option<HashSet<Identity>>,
    current: watch::Sender<Arc<Material>>,
    events: TlsEvents,
}

impl Tls {
    /// Reads `files`; of the clients with a valid certificate those in `listed` may call.
    /// The names of its metrics begin with `metric_prefix`.
    ///
    /// # Errors
    /// When the files are of no use.
    pub fn open(
        files: Files,
        listed: Option<HashSet<Identity>>,
        metric_prefix: &'static str,
    ) -> Result<Arc<Self>, TlsError> {
        let mut follower = FileFollower::new(files.paths()).settled();
        let contents = follower.read().map_err(|error| files.unreadable(error))?;
        let material = files.load(&contents)?;
        let tls = Arc::new(Self {
            files,
            follower,
            listed,
            current: watch::Sender::new(Arc::new(material)),
            events: TlsEvents::new(metric_prefix),
        });
        let watched = Arc::downgrade(&tls);
        observe_certificate(metric_prefix, move || Some(watched.upgrade()?.not_after()));
        Ok(tls)
    }

    fn not_after(&self) -> u64 {
        self.current.borrow().not_after.as_secs()
    }

    /// Follows the files for as long as it is polled. Connections are made with
    /// what is in them; what can't be used changes nothing.
    pub async fn follow(&self) -> Infallible {
        let mut follower = self.follower.clone();
        loop {
            let changed = follower.changed(INTERVAL).await;
            let contents = changed.map_err(|error| self.files.unreadable(error));
            self.replace(contents.and_then(|contents| self.files.load(&contents)));
        }
    }

    fn replace(&self, material: Result<Material, TlsError>) {
        match material {
            Ok(material) => {
                self.current.send_replace(Arc::new(material));
                self.events.reloaded("used");
                tracing::info!(not_after = self.not_after(), "a new certificate is in use");
            }
            Err(error) => {
                self.events.reloaded("ignored");
                tracing::warn!(%error, "the new certificate is not valid, keeping the previous one");
            }
        }
    }

    /// Completes the TLS handshake with `peer` within `limit`, and returns its identity.
    /// `may_omit_alpn` allows peers that don't negotiate HTTP/2.
    pub(super) async fn accept(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        limit: Duration,
        may_omit_alpn: bool,
    ) -> Option<(TlsStream<TcpStream>, Option<PeerIdentity>)> {
        match self.shake_hands(stream, limit, may_omit_alpn).await {
            Ok(stream) => {
                let identity = self.identity(stream.get_ref().1, peer);
                self.events.shaken("completed");
                Some((stream, identity))
            }
            Err(failure) => {
                self.events.shaken(failure.reason());
                failure.log(peer);
                None
            }
        }
    }

    async fn shake_hands(
        &self,
        stream: TcpStream,
        limit: Duration,
        may_omit_alpn: bool,
    ) -> Result<TlsStream<TcpStream>, HandshakeFailure> {
        let config = Arc::clone(&self.current.borrow().config);
        let accepting = TlsAcceptor::from(config).accept(stream).into_fallible();
        let accepted = timeout(limit, accepting).await;
        match accepted.map_err(|_| HandshakeFailure::TooLate)? {
            // A client that offers nothing is let through by rustls.
            Ok(stream) if !may_omit_alpn && stream.get_ref().1.alpn_protocol().is_none() => {
                close_gracefully(stream).await;
                Err(HandshakeFailure::NoProtocol)
            }
            Ok(stream) => Ok(stream),
            Err((error, stream)) => {
                close_gracefully(stream).await;
                Err(HandshakeFailure::Failed(error))
            }
        }
    }

    /// Who is at the other end of `connection`, if clients are asked for certificates.
    fn identity(&self, connection: &ServerConnection, peer: SocketAddr) -> Option<PeerIdentity> {
        let certificate = connection.peer_certificates()?.first()?;
        let names = certificate::identities(certificate);
        let Some(listed) = &self.listed else {
            let first = names.first().map_or("", Identity::as_str);
            return Some(PeerIdentity::new(first, true));
        };
        let found = names.iter().find(|name| listed.contains(name));
        if found.is_none() {
            self.events.refused();
            let names: Vec<_> = names.iter().map(Identity::as_str).collect();
            tracing::warn!(%peer, ?names, "a client's certificate is valid, but none of its names is on the list of clients that may call");
        }
        let name = found.or(names.first()).map_or("", Identity::as_str);
        Some(PeerIdentity::new(name, found.is_some()))
    }
}

/// Closes a connection so that the client can read the last bytes written, such as an alert: if
/// bytes are unread when a socket is closed, the system discards what was written and resets it.
pub(crate) async fn close_gracefully(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let parting = async {
        stream.shutdown().await?;
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    // A client that continues or is gone has had its chance.
    let _ = timeout(CLOSE_LINGER, parting).await;
}
