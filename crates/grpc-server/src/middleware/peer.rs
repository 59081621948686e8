//! The list of clients that may call, by the certificates of their connections.

use http::Request;
use tonic::Status;

use crate::ErrorDomain;
use crate::call::PeerIdentity;

/// Lets a request pass unless its caller is known and not on the list.
///
/// # Errors
/// A status that does not say what the list has.
pub(super) fn check<B>(domain: ErrorDomain, request: &Request<B>) -> Result<(), Status> {
    match request.extensions().get::<PeerIdentity>() {
        Some(peer) if !peer.is_listed() => Err(domain.peer_refused()),
        _ => Ok(()),
    }
}
