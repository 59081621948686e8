//! The etcd that this instance is registered in.

use clap::Args;
use cli_settings::{EtcdAccess, whole_number};
use grpc_discovery::Endpoints;
use grpc_discovery::etcd::{EtcdRegistry, KITEX_PREFIX, Service, ServiceName};

use super::registries::RegistryError;

/// The longest time that a lease may be asked for, in seconds: a year.
const LONGEST_TTL: u32 = 365 * 24 * 60 * 60;

/// How others find this instance in etcd.
#[derive(Args, Clone, Debug)]
pub struct Etcd {
    /// The etcd to register in, as HOST:PORT, several separated by commas [default: none].
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "ADDRESSES"
    )]
    pub etcd_endpoints: Option<Endpoints>,

    /// The prefix of the keys in etcd.
    #[arg(long, env, global = true, default_value = KITEX_PREFIX, value_name = "PREFIX")]
    pub etcd_prefix: String,

    /// The name of this service in etcd.
    #[arg(
        long,
        env,
        global = true,
        default_value = "user-service",
        value_name = "NAME"
    )]
    pub etcd_service: ServiceName,

    /// How it is called.
    #[command(flatten)]
    pub access: EtcdAccess,

    /// Seconds after which an instance that died is no longer found.
    #[arg(long, env, global = true, default_value_t = 60, value_name = "SECONDS",
          value_parser = whole_number(1, LONGEST_TTL))]
    pub kitex_etcd_registry_lease_ttl: u32,
}

impl Etcd {
    /// The registry, if one is named. Runs inside tokio.
    ///
    /// # Errors
    /// When the settings are incomplete, or a file is of no use.
    pub(super) fn registry(&self) -> Result<Option<EtcdRegistry>, RegistryError> {
        let Some(endpoints) = self.etcd_endpoints.clone() else {
            return Ok(None);
        };
        if endpoints.uris().is_empty() {
            return Ok(None);
        }
        let access = self.access.access()?;
        let service = Service::new(&self.etcd_prefix, self.etcd_service.clone());
        let ttl = self.kitex_etcd_registry_lease_ttl;
        Ok(Some(EtcdRegistry::new(endpoints, &access, service, ttl)?))
    }
}
