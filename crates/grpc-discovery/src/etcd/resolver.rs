//! Finds the instances that are registered in etcd.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{sleep, timeout};

use super::{Etcd, Revision, Service};
use crate::{BoxError, Instance, Resolver};

/// Where etcd does not tell of changes: what Kitex's resolver does.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// Where it does: for what may have been missed.
const WATCH_INTERVAL: Duration = Duration::from_secs(60);

/// The instances of one service in an etcd.
#[derive(Debug)]
pub struct EtcdResolver {
    etcd: Etcd,
    service: Service,
    /// That of the instances that were found last.
    revision: Mutex<Revision>,
}

impl EtcdResolver {
    /// The instances of `service` in `etcd`.
    pub fn new(etcd: Etcd, service: Service) -> Self {
        Self {
            etcd,
            service,
            revision: Mutex::default(),
        }
    }

    fn revision(&self) -> Revision {
        *self.revision.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Resolver for EtcdResolver {
    async fn instances(&self) -> Result<Vec<Instance>, BoxError> {
        let (instances, revision) = self.etcd.instances(&self.service).await?;
        *self.revision.lock().unwrap_or_else(PoisonError::into_inner) = revision;
        Ok(instances)
    }

    /// When etcd tells of a change, such as an instance that has left; polls where it does not.
    async fn changed(&self) {
        let changed = self.etcd.changed(&self.service, self.revision());
        if let Ok(Err(_)) = timeout(WATCH_INTERVAL, changed).await {
            sleep(POLL_INTERVAL).await;
        }
    }
}
