//! Files that say whom to trust and who one is, for TLS.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use super::server::Server;
use crate::failure::Failure;

/// Far more than any chain of certificates has.
const MAX_BYTES: u64 = 1024 * 1024;

/// The files as they were named.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct CredentialFiles {
    /// Trust only the authorities in this file (PEM) to vouch for the server; by default those of the system.
    #[arg(long, global = true, value_name = "FILE", env = "USER_SERVICE_CA")]
    pub ca: Option<PathBuf>,

    /// Show this certificate (PEM, with those it depends on) to a server that asks who calls.
    #[arg(long, global = true, value_name = "FILE", env = "USER_SERVICE_CERT")]
    pub cert: Option<PathBuf>,

    /// The private key of --cert (PEM).
    #[arg(long, global = true, value_name = "FILE", env = "USER_SERVICE_KEY")]
    pub key: Option<PathBuf>,

    /// Expect this name in the server's certificate, instead of the host in --server.
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "USER_SERVICE_TLS_NAME"
    )]
    pub tls_name: Option<String>,
}

/// How TLS is spoken with a service. Never shows the key.
#[derive(Clone)]
pub struct Credentials {
    config: ClientTlsConfig,
    name: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials(***)")
    }
}

impl CredentialFiles {
    /// Reads what is needed for `server`: nothing, if it is called without TLS.
    ///
    /// # Errors
    /// When a file is of no use, lacks its other half, or would go unused.
    pub fn for_server(&self, server: &Server) -> Result<Option<Credentials>, Failure> {
        if server.is_tls() {
            return self.read().map(Some);
        }
        let Some(flag) = self.first_given() else {
            return Ok(None);
        };
        Err(Failure::new(format!(
            "{flag} is for TLS, and {server} is called without: write https:// in --server, or dns+https:/// for a name"
        )))
    }

    fn first_given(&self) -> Option<&'static str> {
        let flags = [
            ("--ca", self.ca.is_some()),
            ("--cert", self.cert.is_some()),
            ("--key", self.key.is_some()),
            ("--tls-name", self.tls_name.is_some()),
        ];
        let mut given = flags.into_iter().filter(|(_, given)| *given);
        given.next().map(|(flag, _)| flag)
    }

    fn read(&self) -> Result<Credentials, Failure> {
        let config = match &self.ca {
            Some(ca) => {
                let ca = Certificate::from_pem(pem("--ca", ca, "CERTIFICATE")?);
                ClientTlsConfig::new().ca_certificate(ca)
            }
            None => ClientTlsConfig::new().with_native_roots(),
        };
        let config = match (&self.cert, &self.key) {
            (Some(cert), Some(key)) => {
                let cert = pem("--cert", cert, "CERTIFICATE")?;
                let key = pem("--key", key, "PRIVATE KEY")?;
                config.identity(Identity::from_pem(cert, key))
            }
            (None, None) => config,
            (Some(_), None) => return Err(alone("--cert", "--key")),
            (None, Some(_)) => return Err(alone("--key", "--cert")),
        };
        Ok(Credentials {
            config,
            name: self.tls_name.clone(),
        })
    }
}

impl Credentials {
    /// For a server whose certificate has the name `host`, unless another was given.
    pub(super) fn expecting(&self, host: &str) -> ClientTlsConfig {
        let name = self.name.as_deref().unwrap_or(host);
        self.config
            .clone()
            .domain_name(name.trim_matches(['[', ']']))
    }
}

fn alone(given: &str, lacking: &str) -> Failure {
    Failure::new(format!(
        "{given} is given without {lacking}; give both, or neither"
    ))
}

/// What the file `path` has, in which there must be a `what`.
fn pem(flag: &str, path: &Path, what: &str) -> Result<String, Failure> {
    let content = read(path).map_err(|error| {
        let path = path.display();
        Failure::new(format!("cannot read {path}: {error}; correct {flag}"))
    })?;
    let found = content.lines().any(|line| {
        line.starts_with("-----BEGIN ") && line.trim_end().ends_with(&format!("{what}-----"))
    });
    if found {
        return Ok(content);
    }
    let (path, what) = (path.display(), what.to_lowercase());
    Err(Failure::new(format!(
        "{path} has no {what} in PEM; correct {flag}"
    )))
}

fn read(path: &Path) -> io::Result<String> {
    let mut content = String::new();
    File::open(path)?
        .take(MAX_BYTES)
        .read_to_string(&mut content)?;
    Ok(content)
}
