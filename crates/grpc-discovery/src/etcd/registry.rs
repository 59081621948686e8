//! Registers an instance in etcd: one key under a lease.

use std::time::Duration;

use async_trait::async_trait;

use super::{Etcd, EtcdError, Lease, Service};
use crate::{Access, BoxError, Endpoints, Instance, Registry};

/// How often within the time of its lease an instance renews it.
const BEATS: u32 = 3;

/// One instance of a service in an etcd.
#[derive(Debug)]
pub struct EtcdRegistry {
    endpoints: Endpoints,
    etcd: Etcd,
    service: Service,
    ttl: u32,
    /// The last one that was granted.
    lease: Option<Lease>,
}

impl EtcdRegistry {
    /// An instance of `service` in the etcd at `endpoints`, called by `access`, which is found for
    /// `ttl` seconds after its last beat. Runs inside tokio.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub fn new(
        endpoints: Endpoints,
        access: &Access,
        service: Service,
        ttl: u32,
    ) -> Result<Self, EtcdError> {
        Ok(Self {
            etcd: Etcd::new(&endpoints, access)?,
            endpoints,
            service,
            ttl,
            lease: None,
        })
    }

    /// The lease, kept alive or granted anew.
    async fn lease(&mut self) -> Result<Lease, BoxError> {
        let alive = match self.lease {
            Some(lease) => self.etcd.keep_alive(lease).await?.then_some(lease),
            None => None,
        };
        let lease = match alive {
            Some(lease) => lease,
            None => self.etcd.grant(self.ttl).await?,
        };
        Ok(*self.lease.insert(lease))
    }
}

#[async_trait]
impl Registry for EtcdRegistry {
    fn name(&self) -> &'static str {
        "etcd"
    }

    fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    fn beat(&self) -> Duration {
        Duration::from_secs(self.ttl.into()) / BEATS
    }

    /// Keeps the lease alive, and writes the key if it is not there by this lease.
    async fn register(&mut self, instance: &Instance) -> Result<bool, BoxError> {
        let lease = self.lease().await?;
        let key = self.service.key(instance.address());
        if self.etcd.lease_of(&key).await? == Some(lease) {
            return Ok(false);
        }
        self.etcd.put(&key, instance, lease).await?;
        Ok(true)
    }

    async fn deregister(&mut self, instance: &Instance) -> Result<(), BoxError> {
        let Some(lease) = self.lease.take() else {
            return Ok(());
        };
        self.etcd
            .delete(&self.service.key(instance.address()))
            .await?;
        // A write that was given up in flight would bring the key back.
        Ok(self.etcd.revoke(lease).await?)
    }
}
