//! The list of clients that may call, by the certificates of their connections.

use http::Request;

use crate::ErrorDomain;
use crate::call::{BoxError, PeerIdentity};

/// Lets a request pass unless its caller is known and not on the list.
///
/// # Errors
/// A [`Status`](tonic::Status) that does not say what the list has.
pub(super) fn is_listed<B>(
    domain: ErrorDomain,
    request: Request<B>,
) -> Result<Request<B>, BoxError> {
    match request.extensions().get::<PeerIdentity>() {
        Some(peer) if !peer.is_listed() => Err(domain.peer_refused().into()),
        _ => Ok(request),
    }
}
