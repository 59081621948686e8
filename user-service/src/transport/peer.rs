//! Who calls, as far as the certificate of the connection says.

use std::sync::Arc;

use http::Request;

use super::BoxError;
use crate::status;

/// In the extensions of a request that came over mutual TLS: the client, proven
/// by its certificate. A key to count and to decide by; without mutual TLS there is none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PeerIdentity {
    name: Arc<str>,
    listed: bool,
}

impl PeerIdentity {
    /// A client by this name, that is on the list of those who may call or is not.
    pub fn new(name: impl Into<Arc<str>>, listed: bool) -> Self {
        Self {
            name: name.into(),
            listed,
        }
    }

    /// Its name: of the names in its certificate the one that is on the list, or
    /// without a list the first, URIs before DNS names. Empty if there is none.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Lets a request pass unless its caller is known and not on the list.
///
/// # Errors
/// A [`Status`](tonic::Status) that does not say what the list has.
pub(super) fn is_listed<B>(request: Request<B>) -> Result<Request<B>, BoxError> {
    match request.extensions().get::<PeerIdentity>() {
        Some(peer) if !peer.listed => Err(status::peer_refused().into()),
        _ => Ok(request),
    }
}
