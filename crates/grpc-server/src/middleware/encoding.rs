//! How a request may be compressed.

use http::HeaderMap;
use tonic::Status;

use super::inflate::encodings;
use crate::ErrorDomain;

/// Lets a request pass whose messages are not compressed, or by gzip where that is accepted.
/// The services bound what a message may have after decompression as they bound one that is
/// not compressed.
///
/// # Errors
/// A status that names what is accepted.
pub(super) fn check(domain: ErrorDomain, gzip: bool, headers: &HeaderMap) -> Result<(), Status> {
    let accepted = |encoding: &[u8]| encoding == b"identity" || (gzip && encoding == b"gzip");
    if encodings(headers).all(|encoding| accepted(encoding.as_bytes())) {
        return Ok(());
    }
    Err(domain.unsupported_encoding(match gzip {
        true => "gzip,identity",
        false => "identity",
    }))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use tonic::Code;

    use super::*;

    /// The encodings to use instead, if a request with this one is refused.
    fn refused(gzip: bool, encoding: Option<&'static str>) -> Option<String> {
        let encoding = encoding.map(HeaderValue::from_static);
        let headers =
            encoding.map(|encoding| (http::HeaderName::from_static("grpc-encoding"), encoding));
        let status = check(ErrorDomain::new("a"), gzip, &headers.into_iter().collect()).err()?;
        assert_eq!(status.code(), Code::Unimplemented);
        let accepted = status.metadata().get("grpc-accept-encoding")?;
        accepted.to_str().ok().map(str::to_owned)
    }

    #[test]
    fn gzip_is_accepted_unless_it_is_off() {
        for encoding in [None, Some("identity"), Some("gzip")] {
            assert_eq!(refused(true, encoding), None);
        }
        assert_eq!(refused(false, Some("gzip")).as_deref(), Some("identity"));
        assert_eq!(refused(false, None), None);
        for encoding in ["deflate", "zstd", "", "GZIP", "gzip, gzip"] {
            let accepted = refused(true, Some(encoding));
            assert_eq!(accepted.as_deref(), Some("gzip,identity"), "{encoding:?}");
        }
    }
}
