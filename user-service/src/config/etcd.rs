//! The etcd that this instance is registered in.

use clap::Args;
use grpc_discovery::Endpoints;
use grpc_discovery::etcd::{EtcdRegistry, KITEX_PREFIX, Service, ServiceName};

/// The longest time that a lease may be asked for, in seconds: a year.
const LONGEST_TTL: i64 = 365 * 24 * 60 * 60;

/// How others find this instance in etcd.
#[derive(Args, Clone, Debug)]
pub struct Etcd {
    /// The etcd to register in, as HOST:PORT, several separated by commas; without it, or with
    /// an empty one, nothing is registered in etcd.
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "ADDRESSES"
    )]
    pub etcd_endpoints: Option<Endpoints>,

    /// What the keys in etcd begin with.
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

    /// Seconds after which this instance is no longer found when it has died.
    #[arg(long, env, global = true, default_value_t = 60, value_name = "SECONDS",
          value_parser = clap::value_parser!(u32).range(1..=LONGEST_TTL))]
    pub kitex_etcd_registry_lease_ttl: u32,
}

impl Etcd {
    /// The registry, if one is named. Runs inside tokio.
    pub(super) fn registry(&self) -> Option<EtcdRegistry> {
        let endpoints = self.etcd_endpoints.clone()?;
        if endpoints.uris().is_empty() {
            return None;
        }
        let service = Service::new(&self.etcd_prefix, self.etcd_service.clone());
        let ttl = self.kitex_etcd_registry_lease_ttl;
        Some(EtcdRegistry::new(endpoints, service, ttl))
    }
}
