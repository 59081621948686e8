//! The Nacos that this instance is registered in.

use clap::Args;
use cli_settings::NacosAccess;
use grpc_discovery::Endpoints;
use grpc_discovery::nacos::{Nacos as Client, NacosRegistry, NacosService};

use super::registries::RegistryError;

/// How others find this instance in Nacos.
#[derive(Args, Clone, Debug)]
pub struct Nacos {
    /// The servers of the Nacos to register in, as HOST:PORT, several separated by commas, after
    /// https:// for TLS [default: none].
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "ADDRESSES"
    )]
    pub nacos_servers: Option<Endpoints>,

    /// The id of the namespace in Nacos [default: the public one].
    #[arg(
        long,
        env,
        global = true,
        default_value = "",
        hide_default_value = true,
        value_name = "ID"
    )]
    pub nacos_namespace: String,

    /// The group in Nacos.
    #[arg(
        long,
        env,
        global = true,
        default_value = "DEFAULT_GROUP",
        value_name = "NAME"
    )]
    pub nacos_group: String,

    /// The cluster in Nacos.
    #[arg(
        long,
        env,
        global = true,
        default_value = "DEFAULT",
        value_name = "NAME"
    )]
    pub nacos_cluster: String,

    /// The name of this service in Nacos.
    #[arg(
        long,
        env,
        global = true,
        default_value = "user-service",
        value_name = "NAME"
    )]
    pub nacos_service: String,

    /// How it is called.
    #[command(flatten)]
    pub access: NacosAccess,
}

impl Nacos {
    /// The registry, if one is named.
    ///
    /// # Errors
    /// When the settings are incomplete, or a file is of no use.
    pub(super) fn registry(&self) -> Result<Option<NacosRegistry>, RegistryError> {
        let Some(endpoints) = self.nacos_servers.clone() else {
            return Ok(None);
        };
        if endpoints.uris().is_empty() {
            return Ok(None);
        }
        let nacos = Client::new(&endpoints, &self.access.access()?)?;
        let service = NacosService {
            namespace: self.nacos_namespace.clone(),
            group: self.nacos_group.clone(),
            cluster: self.nacos_cluster.clone(),
            name: self.nacos_service.clone(),
        };
        Ok(Some(NacosRegistry::new(nacos, endpoints, service)))
    }
}
