//! Which server an attempt went to.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use grpc_telemetry::names;
use http::Extensions;
use opentelemetry::KeyValue;

/// The address that one attempt was sent to, once a backend was picked. In the extensions of its
/// request. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct AttemptPeer(Arc<OnceLock<SocketAddr>>);

impl AttemptPeer {
    /// Notes that the attempt whose request has these `extensions` goes to `peer`.
    pub(crate) fn note(extensions: &Extensions, peer: Option<SocketAddr>) {
        if let (Some(attempt), Some(peer)) = (extensions.get::<Self>(), peer) {
            let _ = attempt.0.set(peer);
        }
    }

    /// As attributes of a span or an event; none before a backend was picked.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = KeyValue> {
        let attributes = self.0.get().map(|peer| {
            let port = i64::from(peer.port());
            [
                KeyValue::new(names::NETWORK_PEER_ADDRESS, peer.ip().to_string()),
                KeyValue::new(names::NETWORK_PEER_PORT, port),
            ]
        });
        attributes.into_iter().flatten()
    }
}
