//! From files to what rustls needs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use grpc_common::{Contents, Unreadable, has_encrypted_key};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{Error, RootCertStore, ServerConfig};

use super::{TlsError, certificate};

/// The one protocol that is spoken here.
const HTTP_2: &[u8] = b"h2";

const CERTIFICATE: &str = "TLS_CERT_FILE";
const KEY: &str = "TLS_KEY_FILE";
const CLIENT_CA: &str = "TLS_CLIENT_CA_FILE";

/// The files, all of them PEM.
#[derive(Clone, Debug)]
pub struct Files {
    /// The server's certificate, followed by those that lead to its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The CA bundle that client certificates are verified with; without it clients need no certificate.
    pub client_ca: Option<PathBuf>,
}

/// What connections are made with.
pub(super) struct Material {
    pub(super) config: Arc<ServerConfig>,
    /// When the certificate ends, in Unix time.
    pub(super) not_after: Duration,
}

impl Files {
    /// Where they are: the certificate, the key, and the CA bundle for clients, if it is set.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        let server = [self.certificate.clone(), self.key.clone()];
        server.into_iter().chain(self.client_ca.clone()).collect()
    }

    /// Makes what the [`paths`](Self::paths) held usable, if all of it is.
    pub(super) fn load(&self, contents: &Contents) -> Result<Material, TlsError> {
        let held = |index: usize| contents.get(index).map_or(&[][..], Vec::as_slice);
        let chain = certificates(held(0), &self.certificate, CERTIFICATE)?;
        let not_after = self.end_of(&chain)?;
        let key = self.private_key(held(1))?;
        let provider = Arc::new(ring::default_provider());
        let clients = match (&self.client_ca, contents.get(2)) {
            (Some(path), Some(text)) => verifier(text, path, &provider)?,
            _ => WebPkiClientVerifier::no_client_auth(),
        };
        let unusable = |error| self.unusable(&error);
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_client_cert_verifier(clients)
            .with_single_cert(chain, key)
            .map_err(unusable)?;
        config.alpn_protocols = vec![HTTP_2.to_vec()];
        // A session that is resumed would bring back a client whose certificate has ended since.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Material {
            config: Arc::new(config),
            not_after,
        })
    }

    /// One of the files can't be read.
    pub(super) fn unreadable(&self, Unreadable { path, cause }: Unreadable) -> TlsError {
        let variable = match &path {
            path if *path == self.certificate => CERTIFICATE,
            path if *path == self.key => KEY,
            _ => CLIENT_CA,
        };
        TlsError::Unreadable {
            path,
            variable,
            cause,
        }
    }

    /// When the first certificate of `chain` ends, if it is valid now.
    fn end_of(&self, chain: &[CertificateDer<'_>]) -> Result<Duration, TlsError> {
        let first = chain.first().map(certificate::validity);
        let Some(Ok((from, to))) = first else {
            return Err(unusable(&self.certificate, CERTIFICATE, "certificate"));
        };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        match (from..=to).contains(&now.unwrap_or_default()) {
            true => Ok(to),
            false => Err(TlsError::NotNow {
                path: self.certificate.clone(),
                from,
                to,
            }),
        }
    }

    fn private_key(&self, text: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
        if has_encrypted_key(text) {
            return Err(TlsError::Encrypted {
                path: self.key.clone(),
                variable: KEY,
            });
        }
        PrivateKeyDer::from_pem_slice(text).map_err(|error| match error {
            PemError::NoItemsFound => missing(&self.key, KEY, "private key"),
            _ => unusable(&self.key, KEY, "private key"),
        })
    }

    /// What rustls makes of the certificate and its key.
    fn unusable(&self, error: &Error) -> TlsError {
        match error {
            Error::InconsistentKeys(_) => TlsError::Mismatch {
                key: self.key.clone(),
                certificate: self.certificate.clone(),
            },
            Error::InvalidCertificate(_) => unusable(&self.certificate, CERTIFICATE, "certificate"),
            _ => unusable(&self.key, KEY, "private key"),
        }
    }
}

fn verifier(
    text: &[u8],
    path: &Path,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let unusable = || unusable(path, CLIENT_CA, "certificate");
    let mut authorities = RootCertStore::empty();
    for authority in certificates(text, path, CLIENT_CA)? {
        authorities.add(authority).map_err(|_| unusable())?;
    }
    WebPkiClientVerifier::builder_with_provider(authorities.into(), Arc::clone(provider))
        .build()
        .map_err(|_| unusable())
}

fn certificates(
    text: &[u8],
    path: &Path,
    variable: &'static str,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    match found {
        Ok(found) if found.is_empty() => Err(missing(path, variable, "certificate")),
        Ok(found) => Ok(found),
        Err(_) => Err(unusable(path, variable, "certificate")),
    }
}

fn missing(path: &Path, variable: &'static str, what: &'static str) -> TlsError {
    TlsError::Missing {
        path: path.to_owned(),
        variable,
        what,
    }
}

fn unusable(path: &Path, variable: &'static str, what: &'static str) -> TlsError {
    TlsError::Unusable {
        path: path.to_owned(),
        variable,
        what,
    }
}
