//! Name resolution: the backends that a target stands for, now and later.

use std::collections::BTreeMap;
use std::sync::Arc;

use grpc_discovery::etcd::{Etcd, EtcdResolver};
use grpc_discovery::nacos::{Nacos, NacosResolver};
use grpc_discovery::{Access, DnsResolver, Resolver};

use crate::BoxError;
use crate::error::Error;
use crate::target::{Registry, Target};

/// The addresses of all backends, each as `HOST:PORT`, with their weights. Ordered, so that a
/// response in another order is not a change.
pub(crate) type Addresses = BTreeMap<String, u32>;

/// The addresses that `resolver` finds, at least one.
///
/// # Errors
/// When there are none.
pub(crate) async fn resolve(resolver: &dyn Resolver) -> Result<Addresses, BoxError> {
    let instances = resolver.instances().await?;
    if instances.is_empty() {
        return Err("it has no address".into());
    }
    let weighted = instances.iter();
    let weighted = weighted.map(|it| (it.address().to_owned(), it.weight()));
    Ok(weighted.collect())
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
