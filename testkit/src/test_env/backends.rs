//! What services of an environment share.

use super::borrowed;
use crate::{Database, FaultProxy, Jaeger, RedisDatabase, Sink, UserService};

/// Stores, proxies in front of them, a collector, and the variables that name them to a service.
#[derive(Debug, Default)]
pub struct Backends {
    pub(super) variables: Vec<(String, String)>,
    // Before what they forward to.
    pub(super) database_proxy: Option<FaultProxy>,
    pub(super) cache_proxy: Option<FaultProxy>,
    pub(super) sink: Option<Sink>,
    pub(super) jaeger: Option<Jaeger>,
    pub(super) database: Option<Database>,
    pub(super) cache: Option<RedisDatabase>,
}

impl Backends {
    /// Starts a service on them, with `variables` on top.
    ///
    /// # Panics
    /// If it doesn't serve within a minute.
    pub async fn service(&self, variables: &[(&str, &str)]) -> UserService {
        UserService::start(&[&borrowed(&self.variables), variables].concat()).await
    }

    pub(super) fn endpoint(&self) -> Option<String> {
        let jaeger = self.jaeger.as_ref().map(|it| it.otlp().to_owned());
        jaeger.or_else(|| self.sink.as_ref().map(Sink::endpoint))
    }

    /// What tells user-client where the service and the collector are.
    pub(super) fn client_variables(&self, server: &str) -> Vec<(String, String)> {
        let jaeger = self.jaeger.as_ref().map(|it| it.url().to_owned());
        let own = [
            ("USER_SERVICE", Some(server.to_owned())),
            ("JAEGER_URL", jaeger),
        ];
        let set = own.into_iter();
        let set = set.filter_map(|(name, value)| Some((name.to_owned(), value?)));
        set.chain(self.telemetry_variables()).collect()
    }

    /// Neither program exports where there is no collector.
    pub(super) fn telemetry_variables(&self) -> [(String, String); 1] {
        let (name, value) = match self.endpoint() {
            Some(endpoint) => ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
            None => ("OTEL_SDK_DISABLED", "true".to_owned()),
        };
        [(name.to_owned(), value)]
    }
}
