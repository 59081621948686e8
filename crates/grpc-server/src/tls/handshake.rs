//! What a handshake came to.

use std::io;
use std::net::SocketAddr;

use rustls::{Error, InvalidMessage};

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum HandshakeFailure {
    /// The client took too long.
    TooLate,
    /// It does not say that it speaks HTTP/2.
    NoProtocol,
    /// The handshake failed.
    Failed(io::Error),
}

impl HandshakeFailure {
    /// A low-cardinality label.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::TooLate => "timeout",
            Self::NoProtocol => "no_alpn",
            Self::Failed(error) => of_error(error),
        }
    }

    /// Says it in the log. Any peer can cause these, so they are logged at debug.
    pub(super) fn log(&self, peer: SocketAddr) {
        let reason = self.reason();
        match self {
            Self::Failed(error) => {
                tracing::debug!(%peer, reason, %error, "a TLS handshake failed");
            }
            _ => tracing::debug!(%peer, reason, "a TLS handshake failed"),
        }
    }
}

fn of_error(error: &io::Error) -> &'static str {
    let inner = error.get_ref();
    match inner.and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => "not_tls",
        Some(Error::NoCertificatesPresented) => "certificate_missing",
        Some(Error::InvalidCertificate(_)) => "certificate_refused",
        Some(Error::NoApplicationProtocol) => "no_alpn",
        Some(Error::PeerIncompatible(_)) => "incompatible",
        Some(Error::AlertReceived(_)) => "refused_by_client",
        Some(_) => "malformed",
        None => "connection_lost",
    }
}
