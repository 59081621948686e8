//! TLS to etcd.

use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use crate::Access;

/// How TLS is spoken by `access`.
pub(super) fn config(access: &Access) -> ClientTlsConfig {
    let config = match &access.ca {
        Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
        None => ClientTlsConfig::new().with_native_roots(),
    };
    match &access.identity {
        Some(identity) => config.identity(Identity::from_pem(&identity.certificate, &identity.key)),
        None => config,
    }
}
