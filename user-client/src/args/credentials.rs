//! Flags of TLS.

use std::path::PathBuf;

use grpc_channel::CredentialFiles;

/// The files as they were named.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "TLS")]
pub struct Credentials {
    /// CA bundle (PEM) that the server is verified with [default: that of the system].
    #[arg(long, global = true, value_name = "FILE", env = "USER_SERVICE_CA")]
    pub ca: Option<PathBuf>,

    /// The client certificate chain (PEM) for mutual TLS.
    #[arg(long, global = true, value_name = "FILE", env = "USER_SERVICE_CERT")]
    pub cert: Option<PathBuf>,

    /// The private key of --cert (PEM).
    #[arg(long, global = true, value_name = "FILE", env = "USER_SERVICE_KEY")]
    pub key: Option<PathBuf>,

    /// The name to expect in the server's certificate [default: the host in --server].
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "USER_SERVICE_TLS_NAME"
    )]
    pub tls_name: Option<String>,
}

impl Credentials {
    /// The files that were named.
    pub fn files(&self) -> CredentialFiles {
        CredentialFiles {
            ca: self.ca.clone(),
            cert: self.cert.clone(),
            key: self.key.clone(),
            tls_name: self.tls_name.clone(),
        }
    }

    /// The first flag that was given.
    pub fn first_given(&self) -> Option<&'static str> {
        let flags = [
            ("--ca", self.ca.is_some()),
            ("--cert", self.cert.is_some()),
            ("--key", self.key.is_some()),
            ("--tls-name", self.tls_name.is_some()),
        ];
        let mut given = flags.into_iter().filter(|(_, given)| *given);
        given.next().map(|(flag, _)| flag)
    }
}
