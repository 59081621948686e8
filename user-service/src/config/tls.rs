//! TLS on the gRPC port.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use grpc_server::tls::{Files, Identity};

/// The certificates of both sides.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "TLS")]
pub struct Tls {
    /// The certificate chain of the gRPC port (PEM); setting it turns on TLS. Reloaded on change.
    #[arg(long, env, global = true, value_name = "FILE")]
    pub tls_cert_file: Option<PathBuf>,

    /// The private key of the certificate (PEM).
    #[arg(long, env, global = true, value_name = "FILE")]
    pub tls_key_file: Option<PathBuf>,

    /// CA bundle for client certificates (PEM); setting it turns on mutual TLS.
    #[arg(long, env, global = true, value_name = "FILE")]
    pub tls_client_ca_file: Option<PathBuf>,

    /// The clients that may call, by the DNS names and URIs (subject alternative names) in their
    /// certificates, separated by commas, without wildcards [default: all with a valid certificate].
    #[arg(long, env, global = true, value_delimiter = ',', value_name = "NAMES")]
    pub tls_client_identities: Option<Vec<Identity>>,

    /// The address to serve health checks on, and nothing else, without TLS.
    #[arg(long, help_heading = "Listening", env, global = true, value_name = "ADDRESS",
          value_parser = cli_settings::address)]
    pub health_addr: Option<SocketAddr>,
}

/// A setting that needs another one is set without it.
#[derive(Debug, thiserror::Error)]
#[error("{given} is set, but {lacking} is not: set both, or neither")]
pub struct Incomplete {
    given: &'static str,
    lacking: &'static str,
}

impl Tls {
    /// The files to use, if TLS is on.
    ///
    /// # Errors
    /// If a setting lacks another one that it needs.
    pub fn files(&self) -> Result<Option<Files>, Incomplete> {
        let (certificate, key) = ("TLS_CERT_FILE", "TLS_KEY_FILE");
        let authority = "TLS_CLIENT_CA_FILE";
        if self.tls_client_identities.is_some() && self.tls_client_ca_file.is_none() {
            return Err(Incomplete {
                given: "TLS_CLIENT_IDENTITIES",
                lacking: authority,
            });
        }
        let (given, lacking) = match (&self.tls_cert_file, &self.tls_key_file) {
            (Some(certificate), Some(key)) => {
                return Ok(Some(Files {
                    certificate: certificate.clone(),
                    key: key.clone(),
                    client_ca: self.tls_client_ca_file.clone(),
                }));
            }
            (Some(_), None) => (certificate, key),
            (None, Some(_)) => (key, certificate),
            (None, None) if self.tls_client_ca_file.is_some() => (authority, certificate),
            (None, None) => return Ok(None),
        };
        Err(Incomplete { given, lacking })
    }

    /// The clients that may call, or nothing if all may.
    pub fn identities(&self) -> Option<HashSet<Identity>> {
        Some(
            self.tls_client_identities
                .as_ref()?
                .iter()
                .cloned()
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::Cli;

    #[test]
    fn settings_that_need_others_are_refused_without_them() {
        let table = [
            (&["--tls-cert-file=c"][..], "TLS_KEY_FILE"),
            (&["--tls-key-file=k"], "TLS_CERT_FILE"),
            (&["--tls-client-ca-file=a"], "TLS_CERT_FILE"),
            (
                &[
                    "--tls-cert-file=c",
                    "--tls-key-file=k",
                    "--tls-client-identities=web",
                ],
                "TLS_CLIENT_CA_FILE",
            ),
        ];
        for (arguments, lacking) in table {
            let cli = Cli::parse_from([&["user-service"], arguments].concat());
            let error = cli.config.tls.files().err().map(|error| error.to_string());
            let expected = format!("{lacking} is not: set both, or neither");
            assert!(error.is_some_and(|error| error.ends_with(&expected)));
        }
    }

    #[test]
    fn an_empty_list_of_clients_is_refused() {
        let cli = Cli::try_parse_from(["user-service", "--tls-client-identities="]);
        assert!(cli.is_err());
    }
}
