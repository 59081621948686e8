//! Name resolution: the addresses that a target stands for, now and later.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use grpc_discovery::{Etcd, Service};
use tonic::transport::Uri;

use crate::BoxError;
use crate::target::{Registry, Target};

/// How often the system's DNS is queried while all backends can be reached.
const DNS_INTERVAL: Duration = Duration::from_secs(30);
/// How often etcd is queried while all backends can be reached.
const ETCD_INTERVAL: Duration = Duration::from_secs(5);

/// Where the addresses of a target are known. It is queried again at intervals, and sooner
/// when a backend can't be reached.
#[async_trait]
pub trait Resolver: fmt::Debug + Send + Sync {
    /// All addresses of the target, each as `HOST:PORT`. Ordered, so that a response in
    /// another order is not a change.
    ///
    /// # Errors
    /// When they can't be found out; those that were found last stay in use.
    async fn addresses(&self) -> Result<BTreeSet<String>, BoxError>;

    /// How long what was found is used while all backends can be reached.
    fn interval(&self) -> Duration;
}

/// The addresses that `resolver` finds, at least one.
///
/// # Errors
/// When there are none.
pub(crate) async fn resolve(resolver: &dyn Resolver) -> Result<BTreeSet<String>, BoxError> {
    let addresses = resolver.addresses().await?;
    match addresses.is_empty() {
        true => Err("it has no address".into()),
        false => Ok(addresses),
    }
}

/// The resolver of `target`, which has to be a name. Runs inside tokio.
pub(crate) fn of(target: &Target) -> Arc<dyn Resolver> {
    match target.registry() {
        Some(Registry { endpoints, service }) => Arc::new(EtcdResolver {
            etcd: Etcd::new(endpoints),
            service: service.clone(),
        }),
        None => Arc::new(DnsResolver {
            name: target.uri().clone(),
        }),
    }
}

/// The DNS of the system.
#[derive(Debug)]
struct DnsResolver {
    /// With the port, which all addresses share.
    name: Uri,
}

#[async_trait]
impl Resolver for DnsResolver {
    async fn addresses(&self) -> Result<BTreeSet<String>, BoxError> {
        let host = self.name.host().unwrap_or_default();
        let port = self.name.port_u16().unwrap_or(80);
        let found = tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await?;
        Ok(found.map(|address| address.to_string()).collect())
    }

    fn interval(&self) -> Duration {
        DNS_INTERVAL
    }
}

/// An etcd in which instances register.
#[derive(Debug)]
struct EtcdResolver {
    etcd: Etcd,
    service: Service,
}

#[async_trait]
impl Resolver for EtcdResolver {
    async fn addresses(&self) -> Result<BTreeSet<String>, BoxError> {
        let found = self.etcd.instances(&self.service).await?;
        Ok(found.iter().map(|it| it.address().to_owned()).collect())
    }

    fn interval(&self) -> Duration {
        ETCD_INTERVAL
    }
}
