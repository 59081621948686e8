//! TLS with a server.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::BoxError;

/// Which certificate a server must have, and which one it is shown. Never shows the private key.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Tls({:?})", self.name)
    }
}

impl Tls {
    /// TLS with the server by this `name`, a host or an address, whose certificate is verified with
    /// `ca`, a CA bundle in PEM, or with that of the system. `identity` is a client certificate with
    /// its chain, and its private key, both in PEM.
    ///
    /// # Errors
    /// When one of them is of no use.
    pub fn new(
        name: &str,
        ca: Option<&str>,
        identity: Option<(&str, &str)>,
    ) -> Result<Self, BoxError> {
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots(ca)?);
        let config = match identity {
            None => config.with_no_client_auth(),
            Some((chain, key)) => {
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes())?;
                config.with_client_auth_cert(certificates(chain)?, key)?
            }
        };
        Ok(Self {
            config: Arc::new(config),
            name: ServerName::try_from(name.to_owned())?,
        })
    }

    /// Speaks TLS on `stream`.
    pub(crate) async fn connect(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let connector = TlsConnector::from(Arc::clone(&self.config));
        connector.connect(self.name.clone(), stream).await
    }
}

fn roots(ca: Option<&str>) -> Result<RootCertStore, BoxError> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(ca) => {
            for certificate in certificates(ca)? {
                roots.add(certificate)?;
            }
        }
        // Some of the system may be of no use to anyone: a server that needs one says so.
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(roots)
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, BoxError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    Ok(found?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_certificate_has_is_refused() {
        assert!(Tls::new("localhost", Some(""), None).is_ok());
        assert!(Tls::new("::1", None, None).is_ok());
        assert!(Tls::new("a b", Some(""), None).is_err());
        assert!(Tls::new("localhost", Some(""), Some(("", ""))).is_err());
    }
}
