//! A limit on the headers of a request.

use http::Request;
use tonic::Status;

use crate::ErrorDomain;

/// The headers of one request, in bytes, counted as HTTP/2 does.
const MAX_BYTES: usize = 16 * 1024;
/// What each header costs beyond its text, by RFC 9113.
const OVERHEAD_BYTES: usize = 32;

/// Lets a request pass if its headers are within the limit.
///
/// # Errors
/// A status if they are not.
pub(super) fn check<B>(domain: ErrorDomain, request: &Request<B>) -> Result<(), Status> {
    let headers = request.headers().iter();
    let bytes: usize = headers
        .map(|(name, value)| name.as_str().len() + value.len() + OVERHEAD_BYTES)
        .sum();
    if bytes > MAX_BYTES {
        return Err(domain.headers_too_large());
    }
    Ok(())
}
