//! TLS: which server certificates to trust, and which client certificate to show.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use grpc_common::has_encrypted_key;
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use crate::error::{CredentialFile, Error};

/// Far more than any chain of certificates has.
const MAX_BYTES: u64 = 1024 * 1024;

/// Files with the credentials of a client.
#[derive(Clone, Debug, Default)]
pub struct CredentialFiles {
    /// The CA bundle (PEM) that servers are verified with; by default that of the system.
    pub ca: Option<PathBuf>,
    /// The client certificate (PEM), with its chain, for mutual TLS.
    pub cert: Option<PathBuf>,
    /// The private key (PEM) of the client certificate.
    pub key: Option<PathBuf>,
    /// The name that is expected in the server's certificate, instead of the target's host.
    pub tls_name: Option<String>,
}

/// How TLS is spoken with a server: by default without a client certificate, and with the
/// CA certificates of the system. Never shows the private key.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The CA bundle; none for that of the system.
    ca: Option<String>,
    /// The client certificate with its chain, and its private key.
    identity: Option<(String, String)>,
    /// The name that a server must have, instead of its host.
    name: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials(***)")
    }
}

impl CredentialFiles {
    /// Reads the files.
    ///
    /// # Errors
    /// When a file can't be read or has nothing of what it is for, or lacks its other half.
    pub fn read(&self) -> Result<Credentials, Error> {
        let ca = self.ca.as_ref().map(|ca| pem(CredentialFile::Ca, ca));
        let identity = match (&self.cert, &self.key) {
            (Some(cert), Some(key)) => Some((
                pem(CredentialFile::Certificate, cert)?,
                pem(CredentialFile::Key, key)?,
            )),
            (None, None) => None,
            (Some(_), None) => return Err(Error::Unpaired(CredentialFile::Certificate)),
            (None, Some(_)) => return Err(Error::Unpaired(CredentialFile::Key)),
        };
        Ok(Credentials {
            ca: ca.transpose()?,
            identity,
            name: self.tls_name.clone(),
        })
    }
}

impl Credentials {
    /// For a server whose certificate has the name `host`, unless another was given.
    pub(crate) fn expecting(&self, host: &str) -> ClientTlsConfig {
        let config = match &self.ca {
            Some(ca) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        let config = match &self.identity {
            Some((cert, key)) => config.identity(Identity::from_pem(cert, key)),
            None => config,
        };
        config.domain_name(self.name_of(host))
    }

    /// The same for a server of Kitex.
    ///
    /// # Errors
    /// When they are of no use.
    pub(crate) fn expecting_kitex(&self, host: &str) -> Result<kitex_client::Tls, Error> {
        let identity = self.identity.as_ref();
        let identity = identity.map(|(cert, key)| (cert.as_str(), key.as_str()));
        let tls = kitex_client::Tls::new(self.name_of(host), self.ca.as_deref(), identity);
        tls.map_err(Error::Tls)
    }

    fn name_of<'a>(&'a self, host: &'a str) -> &'a str {
        let name = self.name.as_deref().unwrap_or(host);
        name.trim_matches(['[', ']'])
    }
}

/// What the file `path` holds, in which there must be a `file`.
fn pem(file: CredentialFile, path: &Path) -> Result<String, Error> {
    let content = read(path).map_err(|cause| Error::UnreadableCredential {
        file,
        path: path.to_owned(),
        cause,
    })?;
    if file == CredentialFile::Key && has_encrypted_key(content.as_bytes()) {
        return Err(Error::EncryptedKey {
            path: path.to_owned(),
        });
    }
    let label = match file {
        CredentialFile::Ca | CredentialFile::Certificate => "CERTIFICATE-----",
        CredentialFile::Key => "PRIVATE KEY-----",
    };
    let found = content
        .lines()
        .any(|line| line.starts_with("-----BEGIN ") && line.trim_end().ends_with(label));
    if found {
        return Ok(content);
    }
    Err(Error::NotPem {
        file,
        path: path.to_owned(),
    })
}

fn read(path: &Path) -> io::Result<String> {
    let mut content = String::new();
    File::open(path)?
        .take(MAX_BYTES)
        .read_to_string(&mut content)?;
    Ok(content)
}
