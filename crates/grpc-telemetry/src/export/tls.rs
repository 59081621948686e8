//! TLS with a collector: which certificates to trust, and which one to show.

use std::fmt;
use std::path::{Path, PathBuf};

use grpc_common::{Contents, has_encrypted_key};
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use super::BuildError;
use crate::environment::TlsFiles;

/// What the files of TLS hold. Never shown: one is a key.
#[derive(Clone, Default)]
pub(crate) struct Tls {
    /// CA certificates; those of the system if there are none.
    pub(super) ca: Option<Vec<u8>>,
    pub(super) client: Option<ClientCertificate>,
}

#[derive(Clone)]
pub(super) struct ClientCertificate {
    pub(super) chain: Vec<u8>,
    pub(super) key: Vec<u8>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tls(***)")
    }
}

impl TlsFiles {
    /// Those that are set, in the order in which [`Tls::of`] takes what they hold.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        let all = [&self.ca, &self.certificate, &self.key];
        all.into_iter().flatten().cloned().collect()
    }
}

impl Tls {
    /// What `files` hold, which is `contents`.
    pub(super) fn of(files: &TlsFiles, contents: Contents) -> Result<Self, BuildError> {
        let mut contents = contents.into_iter();
        let mut of = |path: &Option<PathBuf>, label| match path {
            Some(path) => pem(path, contents.next().unwrap_or_default(), label).map(Some),
            None => Ok(None),
        };
        let ca = of(&files.ca, "CERTIFICATE")?;
        let chain = of(&files.certificate, "CERTIFICATE")?;
        let key = of(&files.key, "PRIVATE KEY")?;
        let client = match (chain, key) {
            (Some(chain), Some(key)) => Some(ClientCertificate { chain, key }),
            (None, None) => None,
            _ => return Err(BuildError("a client certificate needs both OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY".to_owned())),
        };
        Ok(Self { ca, client })
    }

    /// As tonic takes it.
    pub(super) fn of_grpc(&self) -> ClientTlsConfig {
        let config = match &self.ca {
            Some(ca) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca)),
            None => ClientTlsConfig::new().with_enabled_roots(),
        };
        match &self.client {
            Some(client) => config.identity(Identity::from_pem(&client.chain, &client.key)),
            None => config,
        }
    }
}

/// `content` of the file `path`, in which there must be a `label`.
fn pem(path: &Path, content: Vec<u8>, label: &str) -> Result<Vec<u8>, BuildError> {
    if has_encrypted_key(&content) {
        let path = path.display();
        return Err(BuildError(format!(
            "{path} has an encrypted private key: it must be without a passphrase"
        )));
    }
    let label = format!("{label}-----");
    let text = String::from_utf8_lossy(&content);
    let found = text
        .lines()
        .any(|line| line.starts_with("-----BEGIN ") && line.trim_end().ends_with(&label));
    match found {
        true => Ok(content),
        false => {
            let (path, what) = (path.display(), label.trim_matches('-').to_lowercase());
            Err(BuildError(format!("{path} has no {what} in PEM")))
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----\n";
    const KEY: &[u8] = b"-----BEGIN EC PRIVATE KEY-----\n";
    const ENCRYPTED: &[u8] = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n";

    fn error(files: &TlsFiles, contents: &[&[u8]]) -> String {
        let contents = contents.iter().map(|it| it.to_vec()).collect();
        Tls::of(files, contents).unwrap_err().to_string()
    }

    #[test]
    fn files_that_are_of_no_use_are_named() {
        let all = TlsFiles {
            ca: Some("ca".into()),
            certificate: Some("crt".into()),
            key: Some("key".into()),
        };
        let table = [
            ([KEY, CERTIFICATE, KEY], "ca has no certificate in PEM"),
            ([CERTIFICATE, b"", KEY], "crt has no certificate in PEM"),
            (
                [CERTIFICATE, CERTIFICATE, CERTIFICATE],
                "key has no private key in PEM",
            ),
            (
                [CERTIFICATE, CERTIFICATE, ENCRYPTED],
                "key has an encrypted private key: it must be without a passphrase",
            ),
        ];
        for (contents, expected) in table {
            assert_eq!(error(&all, &contents), expected);
        }
    }

    #[test]
    fn a_certificate_without_its_key_is_an_error() {
        for (certificate, key, content) in [
            (Some("crt".into()), None, CERTIFICATE),
            (None, Some("key".into()), KEY),
        ] {
            let files = TlsFiles {
                ca: None,
                certificate,
                key,
            };
            assert!(error(&files, &[content]).contains("needs both"));
        }
    }
}
