//! Name resolution: the backends that a target stands for, now and later.

use std::collections::BTreeMap;
use std::sync::Arc;

use grpc_discovery::etcd::{Etcd, EtcdResolver};
use grpc_discovery::nacos::{Nacos, NacosResolver};
use grpc_discovery::{Access, DnsResolver, Resolver};

use crate::BoxError;
use crate::error::Error;
use crate::target::{Registry, Target};

/// The addresses of all backends, each as `HOST:PORT`. Ordered, so that a response in another
/// order is not a change.
pub(crate) type Addresses = BTreeMap<String, Share>;

/// What one backend gets of the calls.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Share {
    /// Its weight among the backends that are called.
    pub(crate) weight: u32,
    /// Whether it is in the zone of this program, and so called before those of other zones.
    pub(crate) is_near: bool,
}

/// The addresses that `resolver` finds, at least one, as a program in `zone` calls them.
///
/// # Errors
/// When there are none.
pub(crate) async fn resolve(
    resolver: &dyn Resolver,
    zone: Option<&str>,
) -> Result<Addresses, BoxError> {
    let instances = resolver.instances().await?;
    if instances.is_empty() {
        return Err("it has no address".into());
    }
    let shares = instances.iter().map(|instance| {
        let share = Share {
            weight: instance.weight(),
            is_near: zone.is_some() && instance.zone() == zone,
        };
        (instance.address().to_owned(), share)
    });
    Ok(shares.collect())
}

/// The resolver of `target`, which has to be a name; its registry is called by `access`.
/// Runs inside tokio.
///
/// # Errors
/// When TLS to a registry can't be set up.
pub(crate) fn of(target: &Target, access: &Access) -> Result<Arc<dyn Resolver>, Error> {
    match target.registry() {
        Some(Registry::Etcd { endpoints, service }) => {
            let etcd = Etcd::new(endpoints, access);
            let etcd = etcd.map_err(|error| Error::Registry(error.to_string()))?;
            Ok(Arc::new(EtcdResolver::new(etcd, service.clone())))
        }
        Some(Registry::Nacos { endpoints, service }) => {
            let nacos = Nacos::new(endpoints, access);
            let nacos = nacos.map_err(|error| Error::Registry(error.to_string()))?;
            Ok(Arc::new(NacosResolver::new(nacos, service.clone())))
        }
        None => {
            let name = target.uri();
            let port = name.port_u16().unwrap_or(80);
            Ok(Arc::new(DnsResolver::new(
                name.host().unwrap_or_default(),
                port,
            )))
        }
    }
}
