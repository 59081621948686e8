//! Finds the instances that are registered in Nacos.

use std::time::Duration;

use async_trait::async_trait;

use super::api::{Action, Reply};
use super::{Nacos, NacosService};
use crate::{BoxError, Instance, Resolver};

/// What Kitex's resolver does.
const INTERVAL: Duration = Duration::from_secs(5);

/// The instances of one service in a Nacos: those that are healthy and enabled.
#[derive(Clone, Debug)]
pub struct NacosResolver {
    nacos: Nacos,
    service: NacosService,
}

impl NacosResolver {
    /// The instances of `service` in `nacos`.
    pub fn new(nacos: Nacos, service: NacosService) -> Self {
        Self { nacos, service }
    }
}

#[async_trait]
impl Resolver for NacosResolver {
    async fn instances(&self) -> Result<Vec<Instance>, BoxError> {
        match self.nacos.perform(Action::List, &self.service).await? {
            Reply::Instances(instances) => Ok(instances),
            Reply::Done | Reply::Unknown => Ok(Vec::new()),
        }
    }

    async fn changed(&self) {
        tokio::time::sleep(INTERVAL).await;
    }
}
