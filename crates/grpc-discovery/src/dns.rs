//! The DNS of the system as a resolver: all addresses that a name has.

use std::time::Duration;

use async_trait::async_trait;

use crate::{BoxError, Instance, Resolver};

/// The system does not tell for how long its response is good.
const INTERVAL: Duration = Duration::from_secs(30);

/// All addresses of one name, which share a port and have equal weights.
#[derive(Clone, Debug)]
pub struct DnsResolver {
    host: String,
    port: u16,
}

impl DnsResolver {
    /// The addresses of `host`, an IPv6 address optionally in brackets, with `port`.
    pub fn new(host: &str, port: u16) -> Self {
        Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
        }
    }
}

#[async_trait]
impl Resolver for DnsResolver {
    async fn instances(&self) -> Result<Vec<Instance>, BoxError> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await?;
        Ok(found.map(|it| Instance::new(&it.to_string())).collect())
    }

    async fn changed(&self) {
        tokio::time::sleep(INTERVAL).await;
    }
}
