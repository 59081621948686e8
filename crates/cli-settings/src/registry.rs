//! How registries are called: users and TLS.

mod error;
mod files;

use std::path::PathBuf;

use clap::Args;
use grpc_common::Secret;
use grpc_discovery::Access;

pub use self::error::AccessError;
use self::files::{Files, User};

/// The ids of the arguments that are passwords, which are not shown and not for the command line.
pub const REGISTRY_PASSWORDS: [&str; 2] = ["etcd_password", "nacos_password"];

/// How etcd is called. The names are those of etcdctl, without its ETCDCTL.
#[derive(Args, Clone, Debug, Default)]
pub struct EtcdAccess {
    /// The user of etcd, if its authentication is on.
    #[arg(long, env, global = true, value_name = "NAME")]
    pub etcd_username: Option<String>,

    /// The password of that user; refused as a flag, which other processes could read.
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "PASSWORD"
    )]
    pub etcd_password: Option<Secret>,

    /// A file that holds the password; read at each login.
    #[arg(
        long,
        env,
        global = true,
        value_name = "FILE",
        conflicts_with = "etcd_password"
    )]
    pub etcd_password_file: Option<PathBuf>,

    /// The CA bundle (PEM) for TLS to etcd [default: that of the system].
    #[arg(long, env, global = true, value_name = "FILE")]
    pub etcd_ca_file: Option<PathBuf>,

    /// The client certificate (PEM) for mutual TLS with etcd.
    #[arg(long, env, global = true, value_name = "FILE")]
    pub etcd_cert_file: Option<PathBuf>,

    /// The private key (PEM) of that certificate.
    #[arg(long, env, global = true, value_name = "FILE")]
    pub etcd_key_file: Option<PathBuf>,
}

/// How Nacos is called.
#[derive(Args, Clone, Debug, Default)]
pub struct NacosAccess {
    /// The user of Nacos, if its authentication is on.
    #[arg(long, env, global = true, value_name = "NAME")]
    pub nacos_username: Option<String>,

    /// The password of that user; refused as a flag, which other processes could read.
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "PASSWORD"
    )]
    pub nacos_password: Option<Secret>,

    /// A file that holds the password; read at each login.
    #[arg(
        long,
        env,
        global = true,
        value_name = "FILE",
        conflicts_with = "nacos_password"
    )]
    pub nacos_password_file: Option<PathBuf>,

    /// The CA bundle (PEM) for TLS to Nacos [default: that of the system].
    #[arg(long, env, global = true, value_name = "FILE")]
    pub nacos_ca_file: Option<PathBuf>,

    /// The client certificate (PEM) for mutual TLS with Nacos.
    #[arg(long, env, global = true, value_name = "FILE")]
    pub nacos_cert_file: Option<PathBuf>,

    /// The private key (PEM) of that certificate.
    #[arg(long, env, global = true, value_name = "FILE")]
    pub nacos_key_file: Option<PathBuf>,
}

impl EtcdAccess {
    /// The same for the client of etcd.
    ///
    /// # Errors
    /// When settings are incomplete, or a file can't be read.
    pub fn access(&self) -> Result<Access, AccessError> {
        let user = User {
            registry: "ETCD",
            name: &self.etcd_username,
            password: &self.etcd_password,
            password_file: &self.etcd_password_file,
        };
        let files = Files {
            registry: "ETCD",
            ca: &self.etcd_ca_file,
            certificate: &self.etcd_cert_file,
            key: &self.etcd_key_file,
        };
        files.access(user.login()?)
    }
}

impl NacosAccess {
    /// The same for the client of Nacos.
    ///
    /// # Errors
    /// When settings are incomplete, or a file can't be read.
    pub fn access(&self) -> Result<Access, AccessError> {
        let user = User {
            registry: "NACOS",
            name: &self.nacos_username,
            password: &self.nacos_password,
            password_file: &self.nacos_password_file,
        };
        let files = Files {
            registry: "NACOS",
            ca: &self.nacos_ca_file,
            certificate: &self.nacos_cert_file,
            key: &self.nacos_key_file,
        };
        files.access(user.login()?)
    }
}

#[cfg(test)]
mod tests;
