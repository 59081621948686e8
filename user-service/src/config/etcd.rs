//! Where this instance is registered, for callers to find it.

use std::net::{IpAddr, SocketAddr};

use clap::Args;
use grpc_discovery::{Endpoints, KITEX_PREFIX, Service, ServiceName, Settings};

/// The longest time that a lease may be asked for, in seconds: a year.
const LONGEST_TTL: i64 = 365 * 24 * 60 * 60;

/// How others find this instance. Those that begin with KITEX have the meaning that they have there.
#[derive(Args, Clone, Debug)]
pub struct Etcd {
    /// The etcd to register in, as HOST:PORT, several separated by commas; without it, or with
    /// an empty one, nothing is registered.
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

    /// The IP address to register [default: that of LISTEN_ADDR, or the one by which etcd is reached].
    #[arg(long, env, global = true, value_name = "IP")]
    pub kitex_ip_to_registry: Option<IpAddr>,

    /// The port to register [default: that of LISTEN_ADDR].
    #[arg(long, env, global = true, value_name = "PORT",
          value_parser = clap::value_parser!(u16).range(1..))]
    pub kitex_port_to_registry: Option<u16>,
}

impl Etcd {
    /// What to register of an instance that listens at `address`, if anything.
    pub fn registration(&self, address: SocketAddr) -> Option<Settings> {
        let endpoints = self.etcd_endpoints.clone()?;
        if endpoints.uris().is_empty() {
            return None;
        }
        let ip = self.kitex_ip_to_registry.unwrap_or(address.ip());
        Some(Settings {
            endpoints,
            service: Service::new(&self.etcd_prefix, self.etcd_service.clone()),
            ip: (!ip.is_unspecified()).then_some(ip),
            port: self.kitex_port_to_registry.unwrap_or(address.port()),
            ttl: self.kitex_etcd_registry_lease_ttl,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use clap::Parser;

    use super::super::Cli;

    fn registered(arguments: &[&str], listens: &str) -> Option<(Option<String>, u16)> {
        let cli = Cli::parse_from([&["user-service"], arguments].concat());
        let settings = cli.config.etcd.registration(listens.parse().unwrap())?;
        Some((settings.ip.map(|ip| ip.to_string()), settings.port))
    }

    #[test]
    fn nothing_is_registered_unless_an_etcd_is_named() {
        assert_eq!(registered(&[], "10.0.0.1:1"), None);
        assert_eq!(registered(&["--etcd-endpoints="], "10.0.0.1:1"), None);
    }

    #[test]
    fn what_is_registered_is_what_was_said_or_where_it_listens() {
        let etcd = "--etcd-endpoints=etcd:2379";
        let of = |ip: &str, port| Some((Some(ip.to_owned()), port));
        assert_eq!(registered(&[etcd], "10.0.0.1:1"), of("10.0.0.1", 1));
        assert_eq!(registered(&[etcd], "0.0.0.0:1"), Some((None, 1)));
        let said = [
            etcd,
            "--kitex-ip-to-registry=10.0.0.2",
            "--kitex-port-to-registry=2",
        ];
        assert_eq!(registered(&said, "0.0.0.0:1"), of("10.0.0.2", 2));
    }
}
