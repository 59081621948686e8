//! Where the addresses of a name are known.

use std::collections::BTreeSet;
use std::time::Duration;

use grpc_discovery::{Etcd, Service};
use tonic::transport::Uri;

use crate::client::server::Registry;

/// Whom to ask.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// The name service of the system.
    Dns,
    /// An etcd in which instances register.
    Etcd(Etcd, Service),
}

impl Source {
    /// The one that `registry` names, if there is one. Runs inside tokio.
    pub(crate) fn of(registry: Option<&Registry>) -> Self {
        match registry {
            Some(Registry { endpoints, service }) => {
                Self::Etcd(Etcd::new(endpoints), service.clone())
            }
            None => Self::Dns,
        }
    }

    /// How often it is asked while all is well.
    pub(super) fn interval(&self) -> Duration {
        Duration::from_secs(match self {
            Self::Dns => 30,
            Self::Etcd(..) => 5,
        })
    }

    /// The addresses of `name`, each with a port, at least one; or why there is none.
    /// Ordered, so that an answer in another order is no change.
    pub(crate) async fn addresses(&self, name: &Uri) -> Result<BTreeSet<String>, String> {
        let addresses: BTreeSet<_> = match self {
            Self::Dns => {
                let host = name.host().unwrap_or_default().trim_matches(['[', ']']);
                let port = name.port_u16().unwrap_or(80);
                let found = tokio::net::lookup_host((host, port)).await;
                let found = found.map_err(|error| error.to_string())?;
                found.map(|address| address.to_string()).collect()
            }
            Self::Etcd(etcd, service) => {
                let found = etcd.instances(service).await;
                let found = found.map_err(|error| error.to_string())?;
                found.iter().map(|it| it.address().to_owned()).collect()
            }
        };
        match addresses.is_empty() {
            true => Err("it has no address".to_owned()),
            false => Ok(addresses),
        }
    }
}
