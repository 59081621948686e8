//! Flags of authentication.

use std::path::PathBuf;

use cli_settings::{AccessError, EtcdAccess, NacosAccess};
use grpc_channel::{Registry, RegistryAccess, Target};
use grpc_common::Secret;

/// A token to call with.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Access")]
pub struct Access {
    /// A file with the token to call with; reloaded on change.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "USER_SERVICE_TOKEN_FILE"
    )]
    pub token_file: Option<PathBuf>,

    /// The token itself. Other processes can read arguments: prefer the file or the variable.
    #[arg(
        long,
        global = true,
        value_name = "TOKEN",
        env = "USER_SERVICE_TOKEN",
        hide_env_values = true,
        conflicts_with = "token_file"
    )]
    pub token: Option<Secret>,

    /// Send the token without TLS to other hosts too, although the network can read it.
    #[arg(long, global = true, env = "USER_SERVICE_PLAINTEXT_TOKEN")]
    pub plaintext_token: bool,
}

/// How the registry of a target is called.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Registries, for --server etcd:// and nacos://")]
pub struct Registries {
    /// The zone of this program: instances that register the same one are called before all others.
    #[arg(long, global = true, value_name = "NAME", env = "INSTANCE_ZONE")]
    pub zone: Option<String>,

    /// Of etcd.
    #[command(flatten)]
    pub etcd: EtcdAccess,

    /// Of Nacos.
    #[command(flatten)]
    pub nacos: NacosAccess,
}

impl Registries {
    /// How the registry of `target` is called, if it has one.
    ///
    /// # Errors
    /// When settings are incomplete, or a file can't be read.
    pub fn access(&self, target: &Target) -> Result<RegistryAccess, AccessError> {
        match target.registry() {
            Some(Registry::Etcd { .. }) => self.etcd.access(),
            Some(Registry::Nacos { .. }) => self.nacos.access(),
            None => Ok(RegistryAccess::default()),
        }
    }
}
