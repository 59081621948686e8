//! A client of rustls alone, which shows exactly what a server sends in the handshake.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, Error, RootCertStore,
    SupportedProtocolVersion, version,
};
use testkit::certificates::Certified;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const LIMIT: Duration = Duration::from_secs(10);
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// How a server took a caller.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It speaks HTTP/2 with it.
    Accepted,
    /// It said this and left.
    Alert(AlertDescription),
    /// It left without a word.
    Closed,
    /// The caller does not trust the server.
    Mistrusted(CertificateError),
}

/// Who calls, and how.
#[derive(Clone)]
pub(crate) struct Caller {
    trusted: String,
    certified: Option<Certified>,
    protocols: &'static [&'static [u8]],
    versions: &'static [&'static SupportedProtocolVersion],
}

/// Both versions of TLS that there are.
pub(crate) const VERSIONS: [&[&SupportedProtocolVersion]; 2] =
    [&[&version::TLS12], &[&version::TLS13]];

impl Caller {
    /// One that trusts the authority `trusted`, speaks HTTP/2, and has no certificate.
    pub(crate) fn trusting(trusted: &str) -> Self {
        Self {
            trusted: trusted.to_owned(),
            certified: None,
            protocols: &[b"h2"],
            versions: rustls::ALL_VERSIONS,
        }
    }

    pub(crate) fn with(&self, certified: &Certified) -> Self {
        let certified = Some(certified.clone());
        Self {
            certified,
            ..self.clone()
        }
    }

    pub(crate) fn speaking(&self, protocols: &'static [&'static [u8]]) -> Self {
        Self {
            protocols,
            ..self.clone()
        }
    }

    pub(crate) fn in_versions(
        &self,
        versions: &'static [&'static SupportedProtocolVersion],
    ) -> Self {
        Self {
            versions,
            ..self.clone()
        }
    }

    fn config(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let trusted = CertificateDer::from_pem_slice(self.trusted.as_bytes()).unwrap();
        roots.add(trusted).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(self.versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match &self.certified {
            None => builder.with_no_client_auth(),
            Some(Certified { certificate, key }) => {
                let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
                builder
                    .with_client_auth_cert(vec![certificate], key)
                    .unwrap()
            }
        };
        config.alpn_protocols = self.protocols.iter().map(|it| it.to_vec()).collect();
        config
    }

    /// Shakes hands with the server at `url`, by the name `localhost`.
    pub(crate) async fn connect(&self, url: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let address = url.strip_prefix("https://").unwrap();
        let stream = TcpStream::connect(address).await?;
        let connector = TlsConnector::from(Arc::new(self.config()));
        let name = "localhost".try_into().unwrap();
        connector.connect(name, stream).await
    }

    /// What the server at `url` makes of it.
    pub(crate) async fn call(&self, url: &str) -> Outcome {
        let calling = async {
            let mut stream = match self.connect(url).await {
                Ok(stream) => stream,
                Err(error) => return refused(&error),
            };
            // In TLS 1.3 a client is done before the server has seen its certificate.
            let mut first = [0; 9];
            let opening = async {
                stream.write_all(PREFACE).await?;
                stream.read(&mut first).await
            };
            match opening.await {
                Ok(0) => Outcome::Closed,
                Ok(_) => Outcome::Accepted,
                Err(error) => refused(&error),
            }
        };
        tokio::time::timeout(LIMIT, calling).await.unwrap()
    }
}

fn refused(error: &std::io::Error) -> Outcome {
    let inner = error.get_ref().and_then(|it| it.downcast_ref::<Error>());
    match inner {
        Some(Error::AlertReceived(alert)) => Outcome::Alert(*alert),
        Some(Error::InvalidCertificate(error)) => Outcome::Mistrusted(error.clone()),
        Some(error) => panic!("{error}"),
        None => Outcome::Closed,
    }
}
