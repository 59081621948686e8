//! Registers an instance in Nacos: an ephemeral one, which lives by its beats.

use std::time::Duration;

use async_trait::async_trait;

use super::api::{Action, Reply};
use super::{Nacos, NacosService};
use crate::{BoxError, Endpoints, Instance, Registry};

/// A third of the time after which Nacos calls an instance unhealthy.
const BEAT: Duration = Duration::from_secs(5);

/// One instance of a service in a Nacos.
#[derive(Debug)]
pub struct NacosRegistry {
    endpoints: Endpoints,
    nacos: Nacos,
    service: NacosService,
    /// Whether it was registered, so that a beat is enough.
    registered: bool,
}

impl NacosRegistry {
    /// An instance of `service` in `nacos`, whose servers are `endpoints`.
    pub fn new(nacos: Nacos, endpoints: Endpoints, service: NacosService) -> Self {
        Self {
            endpoints,
            nacos,
            service,
            registered: false,
        }
    }
}

#[async_trait]
impl Registry for NacosRegistry {
    fn name(&self) -> &'static str {
        "Nacos"
    }

    fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    fn beat(&self) -> Duration {
        BEAT
    }

    /// Sends a beat, and registers the instance where Nacos does not know it.
    async fn register(&mut self, instance: &Instance) -> Result<bool, BoxError> {
        if self.registered {
            let beat = self.nacos.perform(Action::Beat(instance), &self.service);
            if beat.await? != Reply::Unknown {
                return Ok(false);
            }
        }
        let registering = Action::Register(instance);
        self.nacos.perform(registering, &self.service).await?;
        self.registered = true;
        Ok(true)
    }

    async fn deregister(&mut self, instance: &Instance) -> Result<(), BoxError> {
        let removing = Action::Deregister(instance);
        self.nacos.perform(removing, &self.service).await?;
        self.registered = false;
        Ok(())
    }
}
