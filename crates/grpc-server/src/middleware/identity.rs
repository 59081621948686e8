//! The identity of the caller, for what is counted by caller.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use grpc_telemetry::rpc::PeerAddress;
use http::Extensions;
use tokio::time::Instant;

use crate::call::{PeerIdentity, address_block};

/// The subject of the token that came with a call, in its extensions.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Subject(pub(super) Arc<str>);

/// When the token that came with a call has expired for all clocks, in its extensions.
#[derive(Clone, Copy, Debug)]
pub(super) struct TokenExpiry(pub(super) Instant);

/// The identity of a caller.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum CallerIdentity {
    /// The subject of a token.
    Subject(Subject),
    /// The name in the certificate of its connection.
    Peer(PeerIdentity),
    /// Where the connection comes from.
    Address(IpAddr),
    /// Nothing is known.
    Unknown,
}

impl CallerIdentity {
    /// The caller of the call with these extensions.
    pub(super) fn of(extensions: &Extensions) -> Self {
        if let Some(subject) = extensions.get::<Subject>() {
            return Self::Subject(subject.clone());
        }
        if let Some(peer) = extensions.get::<PeerIdentity>()
            && !peer.name().is_empty()
        {
            return Self::Peer(peer.clone());
        }
        match extensions.get::<PeerAddress>() {
            Some(peer) => Self::Address(address_block(peer.ip())),
            None => Self::Unknown,
        }
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It may be a person's name.
        formatter.write_str("***")
    }
}
