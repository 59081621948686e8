//! Service discovery: registration in etcd, Nacos, both or neither.

use std::net::{IpAddr, SocketAddr};

use clap::Args;
use cli_settings::{AccessError, whole_number, whole_number_from};
use grpc_discovery::etcd::EtcdError;
use grpc_discovery::nacos::NacosError;
use grpc_discovery::{Advertised, DEFAULT_WEIGHT, MAX_WEIGHT, Registry};

use super::{Etcd, Nacos};

/// How callers find this instance. Variables that begin with KITEX mean the same as in Kitex.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Discovery")]
pub struct Registries {
    /// In etcd.
    #[command(flatten)]
    pub etcd: Etcd,

    /// In Nacos.
    #[command(flatten)]
    pub nacos: Nacos,

    /// The share of calls that this instance gets, relative to the weights of the others.
    #[arg(long, env, global = true, default_value_t = DEFAULT_WEIGHT, value_name = "NUMBER",
          value_parser = whole_number(1, MAX_WEIGHT))]
    pub instance_weight: u32,

    /// The zone of this instance: user-client with the same --zone prefers it.
    #[arg(long, env, global = true, value_name = "NAME")]
    pub instance_zone: Option<String>,

    /// The IP address to register [default: that of LISTEN_ADDR, or the one by which the registry is reached].
    #[arg(long, env, global = true, value_name = "IP")]
    pub kitex_ip_to_registry: Option<IpAddr>,

    /// The port to register [default: that of LISTEN_ADDR].
    #[arg(long, env, global = true, value_name = "PORT",
          value_parser = whole_number_from(1_u16))]
    pub kitex_port_to_registry: Option<u16>,
}

/// Why an instance can't be registered with these settings.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Users or TLS are not complete.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The client of etcd can't be made.
    #[error(transparent)]
    Etcd(#[from] EtcdError),
    /// The client of Nacos can't be made.
    #[error(transparent)]
    Nacos(#[from] NacosError),
}

impl Registries {
    /// The registries that are named. Runs inside tokio.
    ///
    /// # Errors
    /// When settings are incomplete, or a file is of no use.
    pub fn open(&self) -> Result<Vec<Box<dyn Registry>>, RegistryError> {
        let mut registries: Vec<Box<dyn Registry>> = Vec::new();
        if let Some(etcd) = self.etcd.registry()? {
            registries.push(Box::new(etcd));
        }
        if let Some(nacos) = self.nacos.registry()? {
            registries.push(Box::new(nacos));
        }
        Ok(registries)
    }

    /// How callers reach an instance that listens at `address`.
    pub fn advertised(&self, address: SocketAddr) -> Advertised {
        let ip = self.kitex_ip_to_registry.unwrap_or(address.ip());
        Advertised {
            ip: (!ip.is_unspecified()).then_some(ip),
            port: self.kitex_port_to_registry.unwrap_or(address.port()),
            weight: self.instance_weight,
            zone: self.instance_zone.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use clap::Parser;

    use super::super::Cli;
    use super::*;

    fn registries(arguments: &[&str]) -> Registries {
        let cli = Cli::parse_from([&["user-service"], arguments].concat());
        cli.config.registries
    }

    fn names(arguments: &[&str]) -> Vec<&'static str> {
        let opened = registries(arguments).open().unwrap();
        opened.iter().map(|it| it.name()).collect()
    }

    #[tokio::test]
    async fn nothing_is_registered_unless_a_registry_is_named() {
        assert!(names(&[]).is_empty());
        assert!(names(&["--etcd-endpoints=", "--nacos-servers="]).is_empty());
        assert_eq!(names(&["--etcd-endpoints=a:1"]), ["etcd"]);
        let both = ["--etcd-endpoints=a:1", "--nacos-servers=b:1"];
        assert_eq!(names(&both), ["etcd", "Nacos"]);
    }

    #[test]
    fn the_registered_address_is_the_one_that_is_set_or_listened_on() {
        let advertised = |arguments: &[&str], address: &str| {
            let advertised = registries(arguments).advertised(address.parse().unwrap());
            (advertised.ip.map(|ip| ip.to_string()), advertised.port)
        };
        let of = |ip: &str, port| (Some(ip.to_owned()), port);
        assert_eq!(advertised(&[], "10.0.0.1:1"), of("10.0.0.1", 1));
        assert_eq!(advertised(&[], "0.0.0.0:1"), (None, 1));
        let set = [
            "--kitex-ip-to-registry=10.0.0.2",
            "--kitex-port-to-registry=2",
        ];
        assert_eq!(advertised(&set, "0.0.0.0:1"), of("10.0.0.2", 2));
    }
}
