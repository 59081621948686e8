//! What a certificate says of itself.

use std::time::Duration;

use rustls::pki_types::CertificateDer;
use x509_cert::Certificate;
use x509_cert::der::{Decode, Error};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::Identity;

/// From when to when `certificate` is valid, in Unix time.
///
/// # Errors
/// When it is none.
pub(super) fn validity(certificate: &CertificateDer<'_>) -> Result<(Duration, Duration), Error> {
    let certificate = Certificate::from_der(certificate)?;
    let validity = certificate.tbs_certificate().validity();
    Ok((
        validity.not_before.to_unix_duration(),
        validity.not_after.to_unix_duration(),
    ))
}

/// The names in `certificate`, URIs first; none if they can't be read. By SPIFFE
/// a workload has a certificate without another URI, so more of them are none.
pub(super) fn identities(certificate: &CertificateDer<'_>) -> Vec<Identity> {
    let Ok(certificate) = Certificate::from_der(certificate) else {
        return Vec::new();
    };
    let names = certificate.tbs_certificate().get_extension();
    let Ok(Some((_, SubjectAltName(names)))) = names else {
        return Vec::new();
    };
    let mut identities: Vec<_> = names.iter().filter_map(identity).collect();
    identities.sort_by_key(|identity| !identity.is_uri());
    let uris = identities.iter().filter(|identity| identity.is_uri());
    if uris.count() > 1 {
        identities.retain(|identity| !identity.is_spiffe());
    }
    identities
}

fn identity(name: &GeneralName) -> Option<Identity> {
    match name {
        GeneralName::DnsName(name) if !name.as_str().contains("://") => {
            Some(Identity::dns(name.as_str()))
        }
        GeneralName::UniformResourceIdentifier(uri) if uri.as_str().contains("://") => {
            Some(Identity::uri(uri.as_str()))
        }
        _ => None,
    }
}
