//! Finds the instances that are registered in etcd.

use std::time::Duration;

use async_trait::async_trait;

use super::{Etcd, Service};
use crate::{BoxError, Instance, Resolver};

/// What Kitex's resolver does.
const INTERVAL: Duration = Duration::from_secs(5);

/// The instances of one service in an etcd.
#[derive(Clone, Debug)]
pub struct EtcdResolver {
    etcd: Etcd,
    service: Service,
}

impl EtcdResolver {
    /// The instances of `service` in `etcd`.
    pub fn new(etcd: Etcd, service: Service) -> Self {
        Self { etcd, service }
    }
}

#[async_trait]
impl Resolver for EtcdResolver {
    async fn instances(&self) -> Result<Vec<Instance>, BoxError> {
        Ok(self.etcd.instances(&self.service).await?)
    }

    fn interval(&self) -> Duration {
        INTERVAL
    }
}
